using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Blocks;
using Mirror.Core.Disks;

namespace Mirror.Driver.Disks;

/// <summary>
/// The holes of the file that holds a disk's bytes, so that a sparse disk needs not be read to know its zeroes. A hole that is claimed and is
/// none would be data lost, so everything that could make the file another than the one the disk reads from is checked, and whatever
/// does not match means: no holes are known.
///
/// <para>The file systems are those of this kernel that find data with SEEK_DATA as soon as a write has returned, also while it is only in the page
/// cache. Network and FUSE file systems are left out: another host, or a cache below, may know more than this one.</para>
/// </summary>
internal sealed unsafe class DiskHoles : IDisposable
{
    private const uint LoopReadOnly = 1;

    private static readonly uint[] s_fileSystems =
    [
        0xEF53,         // ext4 (and ext2, ext3)
        0x58465342,     // XFS
        0x9123683E,     // Btrfs
        0x01021994,     // tmpfs
        0xF2F52010,     // F2FS
    ];

    private readonly SafeFileHandle _file;      // closed by the disk when it is the disk's own
    private readonly SafeFileHandle? _loop;     // the loop device, of the disk
    private readonly LoopFile _backing;
    private readonly long _start;               // where the disk begins in the file

    private DiskHoles(SafeFileHandle file, SafeFileHandle? loop, LoopFile backing, long start)
    {
        _file = file;
        _loop = loop;
        _backing = backing;
        _start = start;
    }

    /// <summary>The holes of a plain file; null when they cannot be relied on.</summary>
    public static DiskHoles? OfFile(SafeFileHandle file) => IsReliable(file) ? new DiskHoles(file, null, default, 0) : null;

    /// <summary>The holes of the file behind a loop device or a partition of one; null when there is none or it cannot be relied on.</summary>
    /// <param name="device">The device, open.</param>
    /// <param name="host">Its entry in the listing.</param>
    public static DiskHoles? OfLoop(SafeFileHandle device, HostDisk host)
    {
        // A read-only loop can be given another file while it is open (LOOP_CHANGE_FD), and an overlay another lower one.
        if (host.BackingFile is not { } path || Ask(device) is not { } backing || (backing.Flags & LoopReadOnly) != 0) return null;
        SafeFileHandle file = DiskNative.Open(path, DiskNative.O_NONBLOCK);
        if (!file.IsInvalid && IsReliable(file) && IsTheFile(file, backing))
            return new DiskHoles(file, device, backing, backing.Offset + host.StartSector * Units.SectorBytes);
        file.Dispose();
        return null;
    }

    /// <summary>As <see cref="IDisk.NextData"/>.</summary>
    /// <param name="from">Bytes from the start of the disk, before its end.</param>
    /// <param name="size">Bytes of the disk.</param>
    public long NextData(long from, long size)
    {
        if (_loop is not null && Ask(_loop) != _backing) return from;
        long at = DiskNative.Seek(_file, _start + from, DiskNative.SEEK_DATA);
        if (at >= 0) return Math.Clamp(at - _start, from, size);
        if (Marshal.GetLastPInvokeError() != Errno.ENXIO) return from;
        // No data up to the file's end. If that comes before the disk's, reading the rest is an error and no zeroes.
        return DiskNative.TryStat(_file, out FileFacts facts) && facts.Size >= _start + size ? size : from;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_loop is not null) _file.Dispose();
    }

    private static bool IsReliable(SafeFileHandle file) =>
        DiskNative.TryStat(file, out FileFacts facts) && facts.IsRegularFile && s_fileSystems.Contains(DiskNative.FileSystemOf(file));

    /// <summary>The path in sysfs may by now lead to another file, or to one of another mount namespace.</summary>
    private static bool IsTheFile(SafeFileHandle file, LoopFile backing) =>
        DiskNative.TryStat(file, out FileFacts facts) && facts.Inode == backing.Inode && EncodedDevice(facts) == backing.Device;

    /// <summary>The kernel's <c>huge_encode_dev</c>.</summary>
    private static ulong EncodedDevice(FileFacts facts) => (facts.DevMinor & 0xFF) | (facts.DevMajor << 8) | ((facts.DevMinor & ~0xFFu) << 12);

    private static LoopFile? Ask(SafeFileHandle device)
    {
        // struct loop_info64: device, inode, rdevice, offset, size limit (64 bits each); number, encryption, key size, flags (32 bits each).
        ulong* info = stackalloc ulong[64];
        if (DiskNative.Ioctl(device, DiskNative.LOOP_GET_STATUS64, info) != 0) return null;
        uint* words = (uint*)(info + 5);
        if (words[1] != 0) return null;
        return new LoopFile(info[0], info[1], checked((long)info[3]), words[3] & LoopReadOnly);
    }

    /// <summary>Which file a loop device reads, and from where.</summary>
    private readonly record struct LoopFile(ulong Device, ulong Inode, long Offset, uint Flags);
}
