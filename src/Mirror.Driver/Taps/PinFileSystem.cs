using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>The bpf file system that pins live in.</summary>
internal static class PinFileSystem
{
    private const string Root = "/sys/fs/bpf";

    /// <summary>Makes <paramref name="directory"/>, and mounts a bpf file system at /sys/fs/bpf when that is asked for and nothing is there.</summary>
    public static void Ensure(string directory)
    {
        if ((directory == Root || directory.StartsWith(Root + "/", StringComparison.Ordinal)) && !IsMounted())
            NativeError.Check(Libc.Mount("bpf", Root, "bpf", 0, "mode=0700"), $"{Root} could not be mounted, where the tap outlives the client");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static bool IsMounted() => File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ') is [_, Root, "bpf", ..]);
}
