using System.Runtime.InteropServices;

namespace Mirror.EndToEnd.Tests;

/// <summary>What .NET does not offer: the fsync of a directory, and signals.</summary>
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

    /// <summary>Sends a signal to a process, by its name without SIG.</summary>
    public static void Signal(int process, string name)
    {
        int number = name switch
        {
            "TERM" => 15,
            "CONT" => 18,
            "STOP" => 19,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no number is known for this signal"),
        };
        if (Kill(process, number) != 0) throw new InvalidOperationException($"process {process}: {name}, errno {Marshal.GetLastPInvokeError()}");
    }

#pragma warning disable SYSLIB1054, CA2101 // this project has no unsafe code
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
#pragma warning restore SYSLIB1054, CA2101
}
