using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ufs;

/// <summary>A directory with what makefs can put into an image, made once for all tests.</summary>
public sealed class UfsTree : IDisposable
{
    public UfsTree()
    {
        if (!Shell.Has("makefs")) return;
        Root = Directory.CreateTempSubdirectory("dmt-ufs-").FullName;
        new SampleTree(Whole, 4096).Files().Directories(600);
        byte[] large = new byte[6 << 20];       // with blocks of 4 KiB past the double tree's first row, in both versions
        new Random(7).NextBytes(large);
        File.WriteAllBytes(Path.Combine(Whole, "double"), large);
        foreach (int length in (int[])[1, 58, 59, 60, 61, 119, 120, 121, 500, 1000]) File.CreateSymbolicLink(Path.Combine(Whole, $"link-{length}"), new string('t', length));
        File.WriteAllText(Path.Combine(Whole, "linked"), "linked");
        for (int i = 0; i < 3; i++) Shell.Run("ln", Path.Combine(Whole, "linked"), Path.Combine(Whole, $"also-{i}"));
        Shell.Script($"chmod 4751 '{Whole}/linked'; touch -d @86400.25 '{Whole}/linked'");
        if (Environment.UserName == "root")
            Shell.Script($"cd '{Whole}'; mknod tty c 4 1; mknod disk b 8 17; chown 305419896:3735928559 size-100; chown -h 70000:80000 link-58");

        Directory.CreateDirectory(Small);
        for (int i = 0; i < 3; i++) File.WriteAllText(Path.Combine(Small, $"f{i}"), $"file {i}");
        byte[] target = new byte[20 * 4096 + 700];
        new Random(8).NextBytes(target);
        File.WriteAllBytes(Path.Combine(Small, "filler"), target[..(16 * 4096)]);
        File.WriteAllBytes(Path.Combine(Small, "target"), target);
        File.CreateSymbolicLink(Path.Combine(Small, "link"), "f0");
        Directory.CreateDirectory(Path.Combine(Small, "sub", "deeper"));
        File.WriteAllText(Path.Combine(Small, "sub", "deeper", "x"), "x");
    }

    public string? Root { get; }

    /// <summary>Everything.</summary>
    internal string Whole => Directory.CreateDirectory(Path.Combine(Root!, "whole")).FullName;

    /// <summary>Little, for images that are changed by hand: <c>filler</c> has 16 blocks of 4 KiB, <c>target</c> 20 and 700 bytes.</summary>
    internal string Small => Path.Combine(Root!, "small");

    /// <summary>Skips where makefs is missing.</summary>
    internal UfsTree Needed()
    {
        Skip.If(Root is null, "makefs is not on this machine (Debian package makefs).");
        return this;
    }

    internal MakefsImage SmallImage(int version, string order) => MakefsImage.Make(Needed().Small, version, order, 4096, 512, "-M", "1m");

    public void Dispose()
    {
        if (Root is not null) Directory.Delete(Root, recursive: true);
    }
}
