using Mirror.Driver.Taps;

namespace Mirror.EndToEnd.Tests;

/// <summary>What these tests need of the machine; each lack is a visible skip.</summary>
internal static class Requirements
{
    /// <summary>Root, loop devices, and the programs named.</summary>
    public static void Need(params string[] programs)
    {
        Skip.IfNot(Environment.UserName == "root", "needs root");
        Skip.IfNot(File.Exists("/dev/loop-control"), "needs loop devices");
        Skip.IfNot(File.Exists("/sys/kernel/btf/vmlinux"), "needs a kernel with BTF");
        foreach (string program in programs.Append("losetup")) Skip.IfNot(Shell.Has(program), $"needs {program}");
    }

    /// <summary>Also a file system of the kernel and its tools.</summary>
    public static void NeedFileSystem(string type)
    {
        Need($"mkfs.{type}");
        if (Shell.Has("modprobe")) Shell.TryRun("modprobe", "-q", type);
        Skip.IfNot(File.ReadAllLines("/proc/filesystems").Any(line => line.Split('\t')[^1] == type), $"needs a kernel with {type}");
    }

    /// <summary>Also a tap on this very disk.</summary>
    public static void NeedTap(string disk)
    {
        TapExamination examination = TapProbe.Examine(disk);
        Skip.IfNot(examination.CanTap, $"no tap on {disk}: {examination.Reason}");
    }
}
