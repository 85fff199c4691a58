using System.Globalization;
using System.Text.RegularExpressions;

namespace Mirror.Cli.Tests;

/// <summary>The demo that the README promises: it proves its copy, and leaves nothing behind however it ends.</summary>
public sealed partial class DemoTests
{
    [SkippableFact]
    public async Task The_demo_proves_the_copy_and_cleans_up()
    {
        NeedRoot();
        await using CliFixture fixture = new();
        await using Leftovers leftovers = new(fixture.Root);
        using DiskmirrorProcess demo = Start(fixture);
        int code = await demo.ExitAsync(TimeSpan.FromMinutes(8));
        Assert.True(code == 0, demo.Output + demo.Error);
        string[] lines = demo.Output.Split('\n');
        foreach (string expected in (string[])["Scanning", "Live, rate Hi", "identical, every byte", "e2fsck -fn finds the image's file system whole", "gone again"])
            Assert.Contains(lines, l => l.Contains(expected, StringComparison.Ordinal));
        Assert.Equal("", demo.Error);
        AssertNothingLeft(fixture, demo.Output);
    }

    [SkippableTheory]
    [InlineData("Made ", 2)]
    [InlineData("from now on", 15)]
    [InlineData("Started server", 2)]
    [InlineData("Scanning, ", 2)]
    [InlineData("The mirror is Live", 1)]
    public async Task An_interrupted_demo_leaves_nothing_behind(string when, int signal)
    {
        NeedRoot();
        await using CliFixture fixture = new();
        await using Leftovers leftovers = new(fixture.Root);
        using DiskmirrorProcess demo = Start(fixture);
        await Waiting.UntilAsync(() => demo.HasExited || demo.Output.Contains(when, StringComparison.Ordinal), () => demo.Output + demo.Error, TimeSpan.FromMinutes(5));
        demo.Signal(signal);
        // An impatient user presses it again; the clean-up goes on.
        demo.Signal(signal);
        Assert.Equal(130, await demo.ExitAsync(TimeSpan.FromMinutes(3)));
        AssertNothingLeft(fixture, demo.Output);
    }

    [SkippableFact]
    public async Task A_demo_whose_client_is_killed_fails_and_leaves_nothing_behind()
    {
        NeedRoot();
        await using CliFixture fixture = new();
        await using Leftovers leftovers = new(fixture.Root);
        using DiskmirrorProcess demo = Start(fixture);
        await Waiting.UntilAsync(() => demo.HasExited || ClientId().IsMatch(demo.Output), () => demo.Output + demo.Error, TimeSpan.FromMinutes(5));
        using System.Diagnostics.Process client = System.Diagnostics.Process.GetProcessById(int.Parse(ClientId().Match(demo.Output).Groups[1].Value, CultureInfo.InvariantCulture));
        client.Kill();
        Assert.Equal(1, await demo.ExitAsync(TimeSpan.FromMinutes(8)));
        AssertNothingLeft(fixture, demo.Output);
    }

    [GeneratedRegex(@"client \(process (\d+)")]
    private static partial Regex ClientId();

    [GeneratedRegex(@"volume (demo-[0-9a-f]+)")]
    private static partial Regex VolumeName();

    [GeneratedRegex(@"process (\d+)")]
    private static partial Regex ProcessId();

    private static DiskmirrorProcess Start(CliFixture fixture) => DiskmirrorProcess.Start(fixture.Run, null, "demo", "--directory", fixture.Root);

    private static void NeedRoot()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "The demo makes a loop disk and mounts it: it needs Linux and root.");
        Skip.IfNot(File.Exists("/dev/loop-control"), "This machine has no loop devices (/dev/loop-control).");
        Skip.IfNot(File.Exists("/usr/sbin/mkfs.ext4") || File.Exists("/sbin/mkfs.ext4"), "mkfs.ext4 (e2fsprogs) is not on this machine.");
    }

    private static void AssertNothingLeft(CliFixture fixture, string output)
    {
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(fixture.Root), e => e != fixture.Run);
        Assert.DoesNotContain(fixture.Root, File.ReadAllText("/proc/self/mounts"));
        foreach (string loop in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            string backing = Path.Combine(loop, "loop/backing_file");
            try
            {
                Assert.DoesNotContain(fixture.Root, File.ReadAllText(backing));
            }
            catch (IOException)
            {
                // Not attached, or just being detached by somebody else.
            }
        }
        foreach (Match volume in VolumeName().Matches(output)) Assert.False(Directory.Exists("/sys/fs/bpf/diskmirror/" + volume.Groups[1].Value));
        foreach (Match process in ProcessId().Matches(output))
        {
            string commandLine = $"/proc/{process.Groups[1].Value}/cmdline";
            Assert.False(File.Exists(commandLine) && File.ReadAllText(commandLine).Contains(fixture.Root, StringComparison.Ordinal), commandLine);
        }
    }
}
