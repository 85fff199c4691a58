using Microsoft.Win32.SafeHandles;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Store;
using Mirror.Driver.Disks;
using Mirror.Driver.Images;

namespace Mirror.Driver.Restore;

/// <summary>
/// A block device or file that a restore writes to, past the page cache where that can be, so that what is read back comes from the disk. A device is opened
/// with O_EXCL: no mount, no swap, no other device can take it meanwhile. A file is locked against other processes of this program.
/// </summary>
internal sealed class TargetDisk : ITargetDisk
{
    private const int Workers = 8;
    private const long ZeroStep = 256L << 20;   // so that one command neither runs for hours nor hides an error

    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle? _buffered;     // of a file, for its end that is no whole block
    private readonly bool _device;
    private readonly int _align;
    private readonly DiskHoles? _holes;
    private readonly TargetThreads _threads = new(Workers);

    private TargetDisk(SafeFileHandle file, SafeFileHandle? buffered, string path, long size, int block, int align, bool device, DiskHoles? holes)
    {
        _file = file;
        _buffered = buffered;
        Path = path;
        SizeBytes = size;
        LogicalBlockBytes = block;
        _align = align;
        _device = device;
        _holes = holes;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <inheritdoc/>
    public int LogicalBlockBytes { get; }

    /// <summary>Opens a block device.</summary>
    /// <exception cref="IOException">It cannot be opened for this process alone.</exception>
    public static TargetDisk OpenDevice(string path)
    {
        SafeFileHandle file = ImageNative.OpenExclusive(path, DiskNative.O_DIRECT);
        try
        {
            int block = ImageNative.LogicalBlock(file, path);
            long size = ImageNative.DeviceBytes(file, path);
            return new TargetDisk(file, null, path, size - size % block, block, block, device: true, null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file, makes it if it is not there, and lets it grow to <paramref name="sizeBytes"/>.</summary>
    /// <exception cref="IOException">It cannot be opened, or another process has locked it.</exception>
    public static TargetDisk OpenFile(string path, long sizeBytes)
    {
        SafeFileHandle buffered = ImageNative.Open(path, ImageNative.O_RDWR | ImageNative.O_CREAT, 0x180);
        SafeFileHandle? direct = null;
        try
        {
            if (!ImageNative.TryLock(buffered, path))
                throw new TargetException($"{path} is in use by another process (a server holds its images so). Give another file.");
            ImageNative.FileFacts facts = ImageNative.Facts(buffered, path);
            if (facts.SizeBytes < sizeBytes) ImageNative.Truncate(buffered, path, sizeBytes);
            direct = TryOpenDirect(path);
            return new TargetDisk(direct ?? buffered, direct is null ? null : buffered, path, Math.Max(sizeBytes, facts.SizeBytes), Units.SectorBytes,
                direct is null ? 1 : AlignedMemory.Alignment, device: false, DiskHoles.OfFile(buffered));
        }
        catch
        {
            direct?.Dispose();
            ImageNative.Unlock(buffered);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation) =>
        RunAsync(() => Split(offset, destination.Length, (at, from, length) => Read(at, destination.Slice(from, length).Span)), cancellation);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellation) =>
        RunAsync(() => Split(offset, source.Length, (at, from, length) => Write(at, source.Slice(from, length).Span)), cancellation);

    /// <inheritdoc/>
    public ValueTask ZeroAsync(long offset, long length, CancellationToken cancellation) => RunAsync(() => Zero(offset, length), cancellation);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation) => RunAsync(() =>
    {
        ImageNative.Sync(_file, Path);
        // What is read back next is to come from the disk.
        if (_buffered is not null) ImageNative.DropCache(_buffered);
        else if (_align == 1) ImageNative.DropCache(_file);
    }, cancellation);

    /// <inheritdoc/>
    public long NextData(long from) => from >= SizeBytes ? SizeBytes : _holes?.NextData(from, SizeBytes) ?? from;

    /// <summary>Ends the calls under way, then closes.</summary>
    public void Dispose()
    {
        _threads.Dispose();
        _holes?.Dispose();
        // One of the two has the lock, of a file; a device has none to give up.
        ImageNative.Unlock(_file);
        if (_buffered is not null) ImageNative.Unlock(_buffered);
    }

    private ValueTask RunAsync(Action work, CancellationToken cancellation) => _threads.RunAsync(() =>
    {
        try
        {
            work();
        }
        catch (StoreFullException e)
        {
            throw new TargetException($"{e.Message} Make room; the same command goes on from there.", e);
        }
        catch (IOException e) when (e is not TargetException)
        {
            throw new TargetException(e.Message, e);
        }
    }, cancellation);

    /// <summary>Whole blocks of aligned memory go at once; an end that is no whole block goes by itself.</summary>
    private void Split(long offset, int length, Piece piece)
    {
        int whole = _align == 1 ? length : length & ~(_align - 1);
        if ((offset & (_align - 1)) != 0) whole = 0;
        if (whole > 0) piece(offset, 0, whole);
        if (whole < length) piece(offset + whole, whole, length - whole);
    }

    private void Read(long offset, Span<byte> destination)
    {
        if (IsAligned(offset, destination.Length)) ImageNative.Read(_file, Path, offset, destination);
        else if (_buffered is not null) ImageNative.Read(_buffered, Path, offset, destination);
        else Around(offset, destination.Length, out int skip).Slice(skip, destination.Length).CopyTo(destination);
    }

    private void Write(long offset, ReadOnlySpan<byte> source)
    {
        if (IsAligned(offset, source.Length))
        {
            ImageNative.Write(_file, Path, offset, source);
        }
        else if (_buffered is not null)
        {
            ImageNative.Write(_buffered, Path, offset, source);
        }
        else
        {
            Span<byte> blocks = Around(offset, source.Length, out int skip);
            source.CopyTo(blocks[skip..]);
            ImageNative.Write(_file, Path, offset - skip, blocks);
        }
    }

    private void Zero(long offset, long length)
    {
        long end = offset + length;
        int block = Math.Max(_align, LogicalBlockBytes);
        long first = Math.Min((offset + block - 1) / block * block, end), last = Math.Max(end / block * block, first);
        WriteZeroes(offset, first);
        for (long at = first; at < last; at += ZeroStep)
        {
            long step = Math.Min(ZeroStep, last - at);
            // Punching gives the space back and reads as zero afterwards, or says that it cannot; a bare discard promises nothing.
            if (!ImageNative.TryPunch(_file, Path, at, step) && !(_device && ImageNative.TryZeroOut(_file, Path, at, step))) WriteZeroes(at, at + step);
        }
        WriteZeroes(last, end);
    }

    private void WriteZeroes(long start, long end)
    {
        if (start >= end) return;
        Memory<byte> zeroes = AlignedMemory.Allocate((int)Math.Min(Units.ChunkBytes, end - start));
        zeroes.Span.Clear();
        for (long at = start; at < end; at += zeroes.Length)
        {
            int length = (int)Math.Min(zeroes.Length, end - at);
            Split(at, length, (to, from, bytes) => Write(to, zeroes.Slice(from, bytes).Span));
        }
    }

    private bool IsAligned(long offset, int length) => ((offset | (long)length) & (_align - 1)) == 0;

    /// <summary>The whole blocks of a device around a range, read.</summary>
    private Span<byte> Around(long offset, int length, out int skip)
    {
        skip = (int)(offset & (_align - 1));
        Span<byte> blocks = AlignedMemory.Allocate((skip + length + _align - 1) & -_align).Span;
        ImageNative.Read(_file, Path, offset - skip, blocks);
        return blocks;
    }

    private static SafeFileHandle? TryOpenDirect(string path)
    {
        try
        {
            return ImageNative.Open(path, ImageNative.O_RDWR | DiskNative.O_DIRECT);
        }
        catch (IOException)
        {
            return null;    // a file system without direct reads
        }
    }

    private delegate void Piece(long offset, int from, int length);
}
