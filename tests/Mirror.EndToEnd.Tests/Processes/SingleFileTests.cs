using System.Text.RegularExpressions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The one file for rescue media: the program with .NET inside.</summary>
[Collection(ProcessesAlone.Name)]
public sealed partial class SingleFileTests
{
    /// <summary>Compiles everything once more, and may have to fetch .NET.</summary>
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(8);

    [SkippableFact]
    public async Task Without_dotnet_on_the_machine_the_one_file_brings_a_volume_back()
    {
        Requirements.Need("unshare");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 24 << 20);
        using var fresh = new LoopDisk(directory.Path, 24 << 20, "new.img");
        Requirements.NeedTap(disk.Path);
        string program = Build();
        Shell.Script($"head -c 9M /dev/urandom | dd of={disk.Path} bs=1M seek=3 conv=notrunc,fsync status=none");
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        string[] restore = ["restore", rig.Volume, "--server", rig.Listen, "--secret-file", rig.MasterFile, "--to", fresh.Path, "--yes"];

        Assert.Contains(".NET", Assert.Throws<InvalidOperationException>(() => WithoutDotnet(directory, DiskmirrorProgram.Path, restore)).Message, StringComparison.Ordinal);
        Assert.Contains("disks", WithoutDotnet(directory, program, "--help"), StringComparison.Ordinal);
        Assert.Contains(disk.Path, WithoutDotnet(directory, program, "disks"), StringComparison.Ordinal);
        WithoutDotnet(directory, program, restore);
        Shell.Run("cmp", disk.Path, fresh.Path);
    }

    private static string Build()
    {
        try
        {
            Shell.Run(BuildLimit, "bash", SourceTree.At("build.sh"), "singlefile");
        }
        catch (InvalidOperationException e) when (NotServed().IsMatch(e.Message))
        {
            Skip.If(true, $"the package registry does not have .NET itself: {e.Message}");
        }
        return SourceTree.At("out/singlefile/diskmirror");
    }

    /// <summary>Runs a program where the directory of .NET is empty, and nothing else is known of it.</summary>
    private static string WithoutDotnet(TempDirectory directory, string program, params string[] arguments)
    {
        string installed = Path.GetDirectoryName(Environment.ProcessPath)!;
        Assert.Equal("dotnet", Path.GetFileName(Environment.ProcessPath));
        return Shell.Run("unshare", ["--mount", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", $"HOME={directory.Path}", "DISKMIRROR_RUN=" + Path.Combine(directory.Path, "rescue"),
            "sh", "-euc", "mount -t tmpfs none \"$0\"; exec \"$@\"", installed, program, .. arguments]);
    }

    /// <summary>NuGet: no such package, no such version, no registry.</summary>
    [GeneratedRegex("NU1101|NU1102|NU1301")]
    private static partial Regex NotServed();
}
