using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mirror.Driver.Disks;

/// <summary>The system calls for reading and asking disks. Constants are those of the Linux ABI; those that differ by machine say so.</summary>
internal static unsafe partial class DiskNative
{
    internal const int O_RDONLY = 0, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;

    /// <summary>O_DIRECT: 0x4000 on x86, 0x10000 on ARM.</summary>
    internal static readonly int O_DIRECT =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    internal const nuint BLKSSZGET = 0x1268, BLKGETSIZE64 = 0x80081272, BLKROGET = 0x125E, LOOP_GET_STATUS64 = 0x4C05;

    internal const int AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC = 0x7FF, STATX_MNT_ID = 0x1000, STATX_DIOALIGN = 0x2000;
    internal const int POSIX_FADV_DONTNEED = 4;
    internal const int SEEK_DATA = 3;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRaw(string path, int flags);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint PRead(SafeFileHandle file, void* buffer, nuint bytes, long offset);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxRaw(int directory, string path, int flags, uint mask, FileFacts* facts);

    [LibraryImport("libc", EntryPoint = "posix_fadvise64")]
    internal static partial int FAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FStatFs(SafeFileHandle file, long* facts);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long a, long b, long c);

    /// <summary>Opens for reading; an invalid handle and an errno (<see cref="Marshal.GetLastPInvokeError"/>) on failure.</summary>
    internal static SafeFileHandle Open(string path, int flags)
    {
        int fd;
        do fd = OpenRaw(path, flags | O_RDONLY | O_CLOEXEC);
        while (fd < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>What <c>statx</c> says of a path, links followed; false and an errno on failure.</summary>
    internal static bool TryStat(string path, out FileFacts facts)
    {
        fixed (FileFacts* p = &facts)
            return StatxRaw(AT_FDCWD, path, 0, STATX_BASIC | STATX_MNT_ID, p) == 0;
    }

    /// <summary>What <c>statx</c> says of an open file; false and an errno on failure.</summary>
    internal static bool TryStat(SafeFileHandle file, out FileFacts facts)
    {
        bool taken = false;
        try
        {
            file.DangerousAddRef(ref taken);
            fixed (FileFacts* p = &facts)
                return StatxRaw((int)file.DangerousGetHandle(), "", AT_EMPTY_PATH, STATX_BASIC | STATX_DIOALIGN, p) == 0;
        }
        finally
        {
            if (taken) file.DangerousRelease();
        }
    }

    /// <summary>The magic number of the file system that holds an open file (statfs(2)); 0 when it cannot be asked.</summary>
    internal static uint FileSystemOf(SafeFileHandle file)
    {
        long* facts = stackalloc long[32];      // struct statfs, of which the first word is f_type
        return FStatFs(file, facts) == 0 ? (uint)facts[0] : 0;
    }

    /// <summary>Gives the calling thread the idle class, or takes it away: it reads when nobody else does, where the disk's I/O scheduler looks
    /// at classes (bfq, mq-deadline). Failure is not an error.</summary>
    internal static void SetIdleIo(bool idle)
    {
        const int who = 1 /* IOPRIO_WHO_PROCESS */, idleClass = 3 << 13 /* IOPRIO_CLASS_IDLE */;
        long number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 251,
            Architecture.Arm64 => 30,
            _ => -1,
        };
        if (number > 0) _ = Syscall(number, who, 0, idle ? idleClass : 0);
    }

    /// <summary>The I/O class of the calling thread (0 none, 1 real time, 2 best effort, 3 idle), or -1 where it cannot be asked.</summary>
    internal static int IoClassOfThisThread()
    {
        long number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 252,
            Architecture.Arm64 => 31,
            _ => -1,
        };
        return number > 0 ? (int)(Syscall(number, 1, 0, 0) >> 13) : -1;
    }
}
