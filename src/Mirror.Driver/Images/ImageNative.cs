using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mirror.Core.Store;

namespace Mirror.Driver.Images;

/// <summary>The system calls that images need (Linux, 64 bits), with errno turned into exceptions that name the path.</summary>
internal static unsafe partial class ImageNative
{
    public const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000, O_CLOEXEC = 0x80000;
    public const int EIO = 5, ENXIO = 6, EAGAIN = 11, ENOENT = 2, EINTR = 4, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, EINVAL = 22, ENOTTY = 25, ENOSPC = 28, ENOSYS = 38, EOPNOTSUPP = 95, EDQUOT = 122;
    public const int SeekData = 3, SeekHole = 4;
    public const int FadviseDontNeed = 4;

    private const int FallocKeepSize = 1, FallocPunchHole = 2;
    private const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4, LockRelease = 8;
    private const nuint BlkGetSize64 = 0x80081272, BlkSszGet = 0x1268, BlkZeroOut = 0x127f, FiClone = 0x40049409, FiemapGet = 0xC020660B, FsGetXattr = 0x801c581f, FsSetXattr = 0x401c5820;
    private const int OpenRetryEintr = 16;
    private const int PassingHoldMs = 500, PassingHoldStepMs = 10;

    /// <summary>Opens a path; the handle closes it.</summary>
    public static SafeFileHandle Open(string path, int flags, int mode = 0)
    {
        int fd, tries = 0;
        while ((fd = open(path, flags | O_CLOEXEC, mode)) < 0 && Marshal.GetLastPInvokeError() == EINTR && ++tries < OpenRetryEintr) { }
        if (fd < 0) throw Error("open", path, Marshal.GetLastPInvokeError());
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>
    /// Opens a device so that it is neither mounted nor a part of another while the handle is open.
    /// A holder who is gone within half a second does not count: a child of this process between fork and exec, or a program that looks at new devices.
    /// </summary>
    /// <exception cref="IOException">With EBUSY as its result: the device is in use.</exception>
    public static SafeFileHandle OpenExclusive(string path, int flags = 0)
    {
        for (int waited = 0; ; waited += PassingHoldStepMs)
        {
            try
            {
                return Open(path, O_RDWR | O_EXCL | flags);
            }
            catch (IOException e) when (e.HResult == EBUSY && waited < PassingHoldMs)
            {
                Thread.Sleep(PassingHoldStepMs);
            }
        }
    }

    /// <summary>Takes a flock, exclusive unless said otherwise, which <see cref="Unlock"/> ends. A holder who is gone within half a second does not count (udev locks a device while it looks at it).</summary>
    /// <returns>False when another open file description holds one against it.</returns>
    public static bool TryLock(SafeFileHandle file, string path, bool shared = false)
    {
        int waited = 0;
        while (true)
        {
            if (flock(file, (shared ? LockShared : LockExclusive) | LockNonBlocking) == 0) return true;
            int errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
            {
                if (waited >= PassingHoldMs) return false;
                Thread.Sleep(PassingHoldStepMs);
                waited += PassingHoldStepMs;
            }
            else if (errno != EINTR)
            {
                throw Error("lock", path, errno);
            }
        }
    }

    /// <summary>Gives a flock up and closes. Closing alone is not enough: a child that another thread is just starting holds the same description until it runs its program.</summary>
    public static void Unlock(SafeFileHandle file)
    {
        if (!file.IsClosed) _ = flock(file, LockRelease);
        file.Dispose();
    }

    /// <summary>Reads until the span is full; the rest is zero when the file ends before.</summary>
    public static void Read(SafeFileHandle file, string path, long offset, Span<byte> destination)
    {
        fixed (byte* p = destination)
        {
            int done = 0;
            while (done < destination.Length)
            {
                nint n = pread(file, p + done, (nuint)(destination.Length - done), offset + done);
                if (n > 0)
                {
                    done += (int)n;
                }
                else if (n == 0)
                {
                    destination[done..].Clear();
                    return;
                }
                else if (Marshal.GetLastPInvokeError() is var errno && errno != EINTR)
                {
                    throw Error($"read of {destination.Length - done} bytes at {offset + done}", path, errno);
                }
            }
        }
    }

    /// <summary>Writes all of the span.</summary>
    public static void Write(SafeFileHandle file, string path, long offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* p = source)
        {
            int done = 0;
            while (done < source.Length)
            {
                nint n = pwrite(file, p + done, (nuint)(source.Length - done), offset + done);
                if (n > 0)
                {
                    done += (int)n;
                    continue;
                }
                int errno = n == 0 ? ENOSPC : Marshal.GetLastPInvokeError();
                if (errno != EINTR) throw Error($"write of {source.Length - done} bytes at {offset + done}", path, errno);
            }
        }
    }

    /// <summary>Punches a hole; false when the file system or device cannot.</summary>
    public static bool TryPunch(SafeFileHandle file, string path, long offset, long length)
    {
        while (true)
        {
            if (fallocate(file, FallocKeepSize | FallocPunchHole, offset, length) == 0) return true;
            int errno = Marshal.GetLastPInvokeError();
            if (errno is EOPNOTSUPP or ENOSYS or ENODEV) return false;
            if (errno != EINTR) throw Error($"punch of {length} bytes at {offset}", path, errno);
        }
    }

    /// <summary>Gives the first bytes of a file their storage; false when the file system cannot.</summary>
    public static bool TryAllocate(SafeFileHandle file, string path, long bytes)
    {
        while (true)
        {
            if (fallocate(file, FallocKeepSize, 0, bytes) == 0) return true;
            int errno = Marshal.GetLastPInvokeError();
            if (errno is EOPNOTSUPP or ENOSYS) return false;
            if (errno != EINTR) throw Error($"setting {bytes} bytes aside", path, errno);
        }
    }

    /// <summary>Makes an empty file share all of another's storage; false where that cannot be done.</summary>
    public static bool TryClone(SafeFileHandle clone, string path, SafeFileHandle source)
    {
        bool held = false;
        try
        {
            source.DangerousAddRef(ref held);
            while (true)
            {
                if (ioctl(clone, FiClone, (void*)source.DangerousGetHandle()) == 0) return true;
                int errno = Marshal.GetLastPInvokeError();
                if (errno is EOPNOTSUPP or ENOTTY or EINVAL or ENOSYS or EXDEV) return false;
                if (errno != EINTR) throw Error("cloning", path, errno);
            }
        }
        finally
        {
            if (held) source.DangerousRelease();
        }
    }

    /// <summary>
    /// Has XFS take no more for a write to shared storage than the block that is written. By default it sets 128 KiB aside for each, for half an hour, which under
    /// random writes costs several times what has changed. Nothing happens elsewhere.
    /// </summary>
    public static void SpareCopies(SafeFileHandle file)
    {
        const uint CowExtentSize = 0x10000;
        // struct fsxattr: flags, extent size, extents, project, copy-on-write extent size, padding.
        uint* attributes = stackalloc uint[7];
        if (ioctl(file, FsGetXattr, attributes) != 0) return;
        attributes[0] |= CowExtentSize;
        attributes[4] = 4096;
        _ = ioctl(file, FsSetXattr, attributes);
    }

    /// <summary>Bytes of the extents that no other file shares; null where the file system does not tell.</summary>
    public static long? UniqueBytes(SafeFileHandle file, string path)
    {
        const int Extents = 1024, HeadWords = 4, ExtentWords = 7;
        const uint Last = 1, Shared = 0x2000;
        // struct fiemap (start, length, flags and mapped, count and reserved), then extents (logical, physical, length, two reserved, flags and reserved, reserved).
        ulong[] words = new ulong[HeadWords + Extents * ExtentWords];
        long unique = 0;
        fixed (ulong* p = words)
        {
            for (ulong from = 0; ;)
            {
                p[0] = from;
                p[1] = ulong.MaxValue - from;
                p[2] = 1;   // sync first
                p[3] = Extents;
                if (ioctl(file, FiemapGet, p) != 0)
                {
                    int errno = Marshal.GetLastPInvokeError();
                    if (errno is EOPNOTSUPP or ENOTTY) return null;
                    if (errno != EINTR) throw Error("asking for the extents", path, errno);
                    continue;
                }
                uint mapped = (uint)(p[2] >> 32);
                if (mapped == 0) return unique;
                for (int i = 0; i < mapped; i++)
                {
                    ulong* extent = p + HeadWords + i * ExtentWords;
                    uint flags = (uint)extent[5];
                    if ((flags & Shared) == 0) unique += (long)extent[2];
                    if ((flags & Last) != 0) return unique;
                    from = extent[0] + extent[2];
                }
            }
        }
    }

    /// <summary>Has the device write zeroes; false when it has no such command.</summary>
    public static bool TryZeroOut(SafeFileHandle device, string path, long offset, long length)
    {
        ulong* range = stackalloc ulong[2] { (ulong)offset, (ulong)length };
        while (true)
        {
            if (ioctl(device, BlkZeroOut, range) == 0) return true;
            int errno = Marshal.GetLastPInvokeError();
            if (errno is EOPNOTSUPP or ENOTTY or EINVAL) return false;
            if (errno != EINTR) throw Error($"zeroing of {length} bytes at {offset}", path, errno);
        }
    }

    /// <summary>Seeks data or a hole; -1 when there is none after <paramref name="from"/>.</summary>
    public static long Seek(SafeFileHandle file, string path, long from, int whence)
    {
        long at = lseek(file, from, whence);
        if (at >= 0) return at;
        int errno = Marshal.GetLastPInvokeError();
        return errno == ENXIO ? -1 : throw Error($"seek from {from}", path, errno);
    }

    /// <summary>Makes earlier writes durable.</summary>
    public static void DataSync(SafeFileHandle file, string path)
    {
        // EINTR is not repeated: a second call could report success for what the first has lost.
        if (fdatasync(file) != 0) throw Error("fdatasync", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes a file or directory durable, its metadata too.</summary>
    public static void Sync(SafeFileHandle file, string path)
    {
        if (fsync(file) != 0) throw Error("fsync", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Sets a file's length.</summary>
    public static void Truncate(SafeFileHandle file, string path, long bytes)
    {
        if (ftruncate(file, bytes) != 0) throw Error($"setting the size to {bytes}", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes a directory; nothing happens when it is there.</summary>
    public static void MakeDirectory(string path, int mode)
    {
        if (mkdir(path, mode) == 0) return;
        int errno = Marshal.GetLastPInvokeError();
        if (errno != EEXIST) throw Error("making the directory", path, errno);
    }

    /// <summary>Gives the clean pages of a file's cache back.</summary>
    public static void DropCache(SafeFileHandle file) => _ = posix_fadvise(file, 0, 0, FadviseDontNeed);

    /// <summary>A device's capacity in bytes.</summary>
    public static long DeviceBytes(SafeFileHandle device, string path)
    {
        ulong bytes = 0;
        if (ioctl(device, BlkGetSize64, &bytes) != 0) throw Error("asking the size", path, Marshal.GetLastPInvokeError());
        return checked((long)bytes);
    }

    /// <summary>A device's logical block in bytes.</summary>
    public static int LogicalBlock(SafeFileHandle device, string path)
    {
        int bytes = 0;
        if (ioctl(device, BlkSszGet, &bytes) != 0) throw Error("asking the block size", path, Marshal.GetLastPInvokeError());
        return bytes;
    }

    /// <summary>What <c>statx</c> says of an open file.</summary>
    public static FileFacts Facts(SafeFileHandle file, string path)
    {
        Statx s;
        if (statx(file, "", AtEmptyPath, StatxBasic, &s) != 0) throw Error("stat", path, Marshal.GetLastPInvokeError());
        return new FileFacts(s.Mode & 0xF000, (long)s.Size, (long)s.Blocks * 512, (s.DevMajor, s.DevMinor), (s.RdevMajor, s.RdevMinor), s.ChangedSeconds * 1_000_000_000 + s.ChangedNanoseconds);
    }

    /// <summary>An exception that says what failed, where and why.</summary>
    public static IOException Error(string what, string path, int errno)
    {
        string text = $"{path}: {what} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).";
        return errno is ENOSPC or EDQUOT ? new StoreFullException(text) : new IOException(text, errno);
    }

    /// <summary>The kind of file (S_IFMT bits), its size, its storage, the device it lies on, the device it is, and when it was changed last (ns, as the file system keeps it).</summary>
    internal readonly record struct FileFacts(int Kind, long SizeBytes, long AllocatedBytes, (uint Major, uint Minor) On, (uint Major, uint Minor) Is, long Changed)
    {
        public bool IsRegular => Kind == 0x8000;

        public bool IsBlockDevice => Kind == 0x6000;
    }

    private const int AtEmptyPath = 0x1000;
    private const uint StatxBasic = 0x7ff;

    // struct statx is the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(0x1c)] public ushort Mode;
        [FieldOffset(0x28)] public ulong Size;
        [FieldOffset(0x30)] public ulong Blocks;
        [FieldOffset(0x60)] public long ChangedSeconds;
        [FieldOffset(0x68)] public uint ChangedNanoseconds;
        [FieldOffset(0x80)] public uint RdevMajor;
        [FieldOffset(0x84)] public uint RdevMinor;
        [FieldOffset(0x88)] public uint DevMajor;
        [FieldOffset(0x8c)] public uint DevMinor;
    }

#pragma warning disable SYSLIB1054, IDE1006 // names are the C library's
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, Statx* result);
#pragma warning restore SYSLIB1054, IDE1006
}
