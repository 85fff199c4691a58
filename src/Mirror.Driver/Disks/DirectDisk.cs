using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>
/// A block device, or a plain image file, opened for reading only and read past the page cache, several reads at a time, at idle I/O
/// priority.
///
/// <para>A direct read of a block device makes the kernel write out what the device's own page cache holds dirty for the range (buffered
/// writes to the device node), and then reads what the disk has. Nothing else about the disk changes. A file on a file system without
/// direct I/O (tmpfs on older kernels) is read through the page cache, which for a file is not a stale view; <see cref="IsDirect"/> tells.</para>
/// </summary>
public sealed unsafe class DirectDisk : IDisk
{
    /// <summary>Reads in flight unless told otherwise.</summary>
    public const int DefaultReaders = 6;

    private const int MaxReaders = 64;
    private const int BounceBytes = 256 * 1024;

    private readonly SafeFileHandle _file;
    private readonly DiskReadQueue _queue;
    private readonly int _align;
    private readonly DiskHoles? _holes;

    [ThreadStatic] private static Memory<byte> t_bounce;

    private DirectDisk(SafeFileHandle file, DiskHoles? holes, string path, long size, int logicalBlock, int align, bool direct, int readers)
    {
        _file = file;
        _holes = holes;
        _align = align;
        Path = path;
        SizeBytes = size;
        LogicalBlockBytes = logicalBlock;
        IsDirect = direct;
        _queue = new DiskReadQueue(path, readers, depth: readers * 4, Read);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Bytes. Of a disk whose size is no multiple of its logical block, the end that no command can reach is left out.</summary>
    public long SizeBytes { get; }

    /// <inheritdoc/>
    public int LogicalBlockBytes { get; }

    /// <inheritdoc/>
    public required DiskIdentity Identity { get; init; }

    /// <inheritdoc/>
    public required string Attachment { get; init; }

    /// <summary>The entry of the listing that belongs to this disk; null for a plain file.</summary>
    public required HostDisk? Host { get; init; }

    /// <summary>Whether reads go past the page cache.</summary>
    public bool IsDirect { get; }

    /// <inheritdoc/>
    public long SizeNow
    {
        get
        {
            // A device that is gone, or a drive without its medium, has no size; its reads say what is wrong.
            long size = 0;
            if (Host is not null) _ = DiskNative.Ioctl(_file, DiskNative.BLKGETSIZE64, &size);
            else if (DiskNative.TryStat(_file, out FileFacts facts)) size = facts.Size;
            size -= size % LogicalBlockBytes;
            return size > 0 ? size : SizeBytes;
        }
    }

    /// <summary>Opens a block device or an image file for reading.</summary>
    /// <param name="path">Path of the device node (any name of it) or file.</param>
    /// <param name="readers">How many reads are in flight at most, 1 to 64.</param>
    /// <exception cref="IOException">It cannot be opened; the message says why and what to do.</exception>
    public static DirectDisk Open(string path, int readers = DefaultReaders) => Open(path, readers, HostPaths.System);

    internal static DirectDisk Open(string path, int readers, HostPaths paths)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(readers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(readers, MaxReaders);
        if (!DiskNative.TryStat(path, out FileFacts facts)) throw OpenFailed(path, Marshal.GetLastPInvokeError());
        if (!facts.IsBlockDevice && !facts.IsRegularFile)
            throw new IOException($"'{path}' is neither a block device nor a file. 'diskmirror disks' lists the disks of this host.");

        // O_NONBLOCK lets a drive without a medium answer instead of waiting; it means nothing to reads.
        bool direct = true;
        SafeFileHandle file = DiskNative.Open(path, DiskNative.O_DIRECT | DiskNative.O_NONBLOCK);
        if (file.IsInvalid && facts.IsRegularFile && Marshal.GetLastPInvokeError() == Errno.EINVAL)
        {
            direct = false;
            file = DiskNative.Open(path, DiskNative.O_NONBLOCK);
        }
        if (file.IsInvalid) throw OpenFailed(path, Marshal.GetLastPInvokeError());
        try
        {
            // What was opened decides from here on: the path may lead elsewhere by now, the open device keeps its number.
            if (!DiskNative.TryStat(file, out facts)) throw OpenFailed(path, Marshal.GetLastPInvokeError());
            return facts.IsBlockDevice ? OpenDevice(file, path, facts, readers, paths) : OpenFile(file, path, facts, direct, readers, paths);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static DirectDisk OpenDevice(SafeFileHandle file, string path, FileFacts facts, int readers, HostPaths paths)
    {
        long size;
        int block;
        if (DiskNative.Ioctl(file, DiskNative.BLKGETSIZE64, &size) != 0 || DiskNative.Ioctl(file, DiskNative.BLKSSZGET, &block) != 0)
            throw new IOException($"The size of '{path}' cannot be asked: {Errno.Describe(Marshal.GetLastPInvokeError())}.");
        if (block < Units.SectorBytes || block > 65536 || (block & (block - 1)) != 0)
            throw new IOException($"'{path}' has a logical block of {block} bytes, which is not supported.");
        CheckSize(path, size -= size % block);

        DiskCatalog catalog = DiskCatalog.Read(paths);
        HostDisk host = catalog.FindDevice((int)facts.RdevMajor, (int)facts.RdevMinor)
            ?? throw new IOException($"'{path}' is not in {paths.Sys}/class/block, so it cannot be told from other disks. Is /sys mounted?");
        return new DirectDisk(file, DiskHoles.OfLoop(file, host), path, size, block, block, direct: true, readers)
        {
            Identity = catalog.IdentityOf(host),
            Attachment = DiskIdentityText.Attachment(host, paths.BootId()),
            Host = host,
        };
    }

    private static DirectDisk OpenFile(SafeFileHandle file, string path, FileFacts facts, bool direct, int readers, HostPaths paths)
    {
        CheckSize(path, facts.Size);
        if (facts.Size % Units.SectorBytes != 0)
        {
            throw new IOException($"The file '{path}' has {facts.Size} bytes, which is no multiple of {Units.SectorBytes}: it is no disk image, "
                + $"or it was cut short. 'truncate -s %{Units.SectorBytes} {path}' rounds it up.");
        }
        int align = (facts.Mask & DiskNative.STATX_DIOALIGN) != 0 && facts.DioOffsetAlign != 0
            ? (int)Math.Max(facts.DioOffsetAlign, facts.DioMemoryAlign)
            : AlignedMemory.Alignment;
        return new DirectDisk(file, DiskHoles.OfFile(file), path, facts.Size, Units.SectorBytes, direct ? align : 1, direct, readers)
        {
            Identity = new DiskIdentity(
                DiskIdentityText.Bounded($"file={System.IO.Path.GetFullPath(path)}; inode={facts.Inode}"), paths.MachineId()),
            Attachment = "",
            Host = null,
        };
    }

    private static void CheckSize(string path, long size)
    {
        if (size <= 0) throw new IOException($"'{path}' has no content: is a medium in the drive, or the device set up?");
        if (size > Units.MaxDiskBytes) throw new IOException($"'{path}' has {size} bytes; more than {Units.MaxDiskBytes} are not supported.");
    }

    private static IOException OpenFailed(string path, int errno)
    {
        string next = errno switch
        {
            Errno.EACCES or Errno.EPERM => " Reading a disk needs root.",
            Errno.ENOENT => " 'diskmirror disks' lists the disks of this host.",
            _ => "",
        };
        return new IOException($"'{path}' cannot be opened: {Errno.Describe(errno)}.{next}", errno);
    }

    /// <summary>
    /// Reads past every cache. Whole logical blocks at aligned offsets into memory of <see cref="AlignedMemory"/> go straight to the caller's
    /// memory; anything else is right too, by way of a copy. The task ends when the kernel has let go of the memory, not before:
    /// cancellation only takes reads back that have not begun.
    /// </summary>
    /// <exception cref="DiskReadException">The disk failed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches past the disk's end.</exception>
    public ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        if (offset < 0 || offset > SizeBytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{Path}: {offset} + {destination.Length} reaches past the end ({SizeBytes}).");
        return destination.Length == 0 ? ValueTask.CompletedTask : _queue.ReadAsync(offset, destination, cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>Known are the holes of a plain file, and of a loop device or its partition those of the file behind it; of another disk none.</remarks>
    public long NextData(long from)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        return from >= SizeBytes ? SizeBytes : _holes?.NextData(from, SizeBytes) ?? from;
    }

    private void Read(long offset, Memory<byte> destination)
    {
        fixed (byte* target = destination.Span)
        {
            if ((offset & (_align - 1)) == 0 && (destination.Length & (_align - 1)) == 0 && ((nint)target & (_align - 1)) == 0)
                ReadFully(offset, target, destination.Length, destination.Length);
            else
                ReadByCopy(offset, destination.Span);
        }
    }

    private void ReadByCopy(long offset, Span<byte> destination)
    {
        if (t_bounce.IsEmpty) t_bounce = AlignedMemory.Allocate(BounceBytes);
        Span<byte> bounce = t_bounce.Span;
        fixed (byte* target = bounce)
        {
            while (destination.Length > 0)
            {
                int skip = (int)(offset & (_align - 1));
                int wanted = Math.Min(destination.Length, bounce.Length - skip);
                int aligned = (skip + wanted + _align - 1) & -_align;
                ReadFully(offset - skip, target, aligned, skip + wanted);
                bounce.Slice(skip, wanted).CopyTo(destination);
                destination = destination[wanted..];
                offset += wanted;
            }
        }
    }

    /// <summary>Reads <paramref name="bytes"/> bytes, of which the first <paramref name="needed"/> must be there: the rest may lie past the end.</summary>
    private void ReadFully(long offset, byte* target, int bytes, int needed)
    {
        int done = 0;
        while (done < needed)
        {
            nint got = DiskNative.PRead(_file, target + done, (nuint)(bytes - done), offset + done);
            if (got > 0)
            {
                done += (int)got;
                continue;
            }
            int errno = got < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno == Errno.EINTR) continue;
            string why = got < 0 ? Errno.Describe(errno) : "the disk ends there; it has become smaller";
            throw new DiskReadException(Path, offset + done, needed - done, errno,
                $"Reading {needed - done} bytes of {Path} at byte {offset + done} (sector {(offset + done) / Units.SectorBytes}) failed: {why}.");
        }
        if (!IsDirect) _ = DiskNative.FAdvise(_file, offset, bytes, DiskNative.POSIX_FADV_DONTNEED);
    }

    /// <summary>Ends the reads under way and closes the disk. Reads still queued fail with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _queue.Dispose();
        _holes?.Dispose();
        _file.Dispose();
    }
}
