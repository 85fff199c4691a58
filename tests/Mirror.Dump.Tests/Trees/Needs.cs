namespace Mirror.Dump.Tests.Trees;

/// <summary>What these tests need of the machine; each lack is a visible skip.</summary>
internal static class Needs
{
    /// <summary>Programs.</summary>
    public static void Programs(params string[] programs)
    {
        foreach (string program in programs) Skip.IfNot(Shell.Has(program), $"needs {program}");
    }

    /// <summary>Root and loop devices, for mounting.</summary>
    public static void Mounts()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "needs root, to mount an image");
        Skip.IfNot(File.Exists("/dev/loop-control"), "needs loop devices");
        Skip.IfNot(File.ReadAllText("/proc/filesystems").Contains("ext4"), "needs a kernel with ext4");
    }
}
