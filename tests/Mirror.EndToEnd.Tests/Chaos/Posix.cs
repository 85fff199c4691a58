using System.Runtime.InteropServices;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>What .NET does not offer: the fsync of a directory.</summary>
internal static class Posix
{
    /// <summary>Returns when the names in a directory are on the disk.</summary>
    public static void SyncDirectory(string path)
    {
        int directory = Open(path, 0x80000);    // O_CLOEXEC: a process that is started meanwhile would keep the file system busy
        if (directory < 0) throw new IOException($"{path}: errno {Marshal.GetLastPInvokeError()}");
        int result = FSync(directory), errno = Marshal.GetLastPInvokeError();
        _ = Close(directory);
        if (result != 0) throw new IOException($"{path}: fsync, errno {errno}");
    }

#pragma warning disable SYSLIB1054, CA2101 // this project has no unsafe code
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054, CA2101
}
