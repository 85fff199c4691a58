using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>What an administrator does with a mirror by commands, and what their exit codes and messages say.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class CommandTests
{
    [SkippableFact]
    public async Task Commands_do_what_they_say_and_exit_with_what_came_of_it()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 64 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c 20M /dev/urandom > {disk.Path}");
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        string first = rig.Incarnation();

        (await rig.CommandAsync("check", rig.Volume)).Expect(0);
        (await rig.CommandAsync("wait", rig.Volume, "--timeout", "5")).Expect(0);

        // rescan: one more scan, and nothing to send.
        (await rig.CommandAsync("rescan", rig.Volume)).Expect(0);
        await rig.WaitForAsync(s => s.Scans == 2, "scanning again");
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        string second = rig.Incarnation();
        Assert.NotEqual(first, second);

        // stop --keep-tracking: what is written while no client runs is found without a scan.
        (await rig.CommandAsync("stop", rig.Volume, "--keep-tracking")).Expect(0);
        Assert.Equal(0, await rig.Client!.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(Directory.Exists($"/sys/fs/bpf/diskmirror/{rig.Volume}"));
        Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M seek=30 count=5 oflag=direct status=none");
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        Assert.Equal(0, (await rig.ClientStatusAsync())!.Scans);
        Assert.Equal(second, rig.Incarnation());

        // A signal is as good.
        rig.Client.Signal("TERM");
        Assert.Equal(0, await rig.Client.ExitAsync(TimeSpan.FromSeconds(20)));
        Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M seek=50 count=5 oflag=direct status=none");
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        Assert.Equal(second, rig.Incarnation());

        // A second client of the volume on this host is refused with the way out, and the first goes on.
        CommandResult twice = (await rig.CommandAsync("client", "--disk", disk.Path, "--server", rig.ServerAddress, "--volume", rig.Volume, "--secret-file", rig.SecretFile, "--state-dir", rig.StateDirectory)).Expect(1);
        Assert.Contains(rig.Volume, twice.Error, StringComparison.Ordinal);
        Assert.Contains("diskmirror stop", twice.Error, StringComparison.Ordinal);
        Assert.Equal(MirrorState.Live, (await rig.ClientStatusAsync())!.State);

        // stop: nothing is left in the kernel, and the next start compares.
        (await rig.CommandAsync("stop", rig.Volume)).Expect(0);
        Assert.Equal(0, await rig.Client.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.False(Directory.Exists($"/sys/fs/bpf/diskmirror/{rig.Volume}") && Directory.EnumerateFileSystemEntries($"/sys/fs/bpf/diskmirror/{rig.Volume}").Any());
        (await rig.CommandAsync("check", rig.Volume)).Expect(1); // the server's end: no connection, the image is good
        (await rig.CommandAsync("check", rig.Volume, "--max-age", "0.001")).Expect(2);
        Assert.Contains(rig.Volume, (await rig.CommandAsync("stop", rig.Volume)).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains(rig.Volume, (await rig.CommandAsync("rescan", rig.Volume)).Expect(1).Error, StringComparison.Ordinal);
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, (await rig.ClientStatusAsync())!.Scans);
        Assert.NotEqual(second, rig.Incarnation());

        // The server's end, seen from the client.
        rig.Server!.Signal("TERM");
        Assert.Equal(0, await rig.Server.ExitAsync(TimeSpan.FromSeconds(20)));
        MirrorStatus alone = await rig.WaitForAsync(s => s.State == MirrorState.NoConn && s.LastError is not null, "without a connection");
        Assert.Contains(rig.Volume, alone.LastError!, StringComparison.Ordinal);
        CommandResult late = (await rig.CommandAsync("wait", rig.Volume, "--timeout", "0.3")).Expect(1);
        Assert.Contains("NoConn", late.Error, StringComparison.Ordinal);
        await rig.StartServerAsync();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
    }

    [SkippableFact]
    public async Task What_cannot_work_is_said_at_once_and_with_the_next_step()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 32 << 20);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.MakeSecretsAsync();

        Assert.Contains("nosuch", (await rig.CommandAsync("status", "nosuch")).Expect(1).Error, StringComparison.Ordinal);
        (await rig.CommandAsync("check", "nosuch")).Expect(2);
        (await rig.CommandAsync("wait", "nosuch", "--timeout", "0.2")).Expect(1);
        (await rig.CommandAsync("wait")).Expect(64);
        (await rig.CommandAsync("client", "--disk", disk.Path)).Expect(64);
        (await rig.CommandAsync("client", "--disk", "/dev/nosuch", "--server", rig.Listen, "--volume", rig.Volume, "--secret-file", rig.SecretFile, "--state-dir", rig.StateDirectory)).Expect(1);
        // A client's secret does not make a server, and a secret that others can read is none.
        Assert.Contains("master", (await rig.CommandAsync("server", "--store", rig.Store, "--listen", rig.Listen, "--secret-file", rig.SecretFile)).Expect(64).Error, StringComparison.Ordinal);
        string open = Path.Combine(directory.Path, "open");
        File.Copy(rig.SecretFile, open);
        Shell.Run("chmod", "640", open);
        Assert.Contains(open, (await rig.CommandAsync("client", "--disk", disk.Path, "--server", rig.Listen, "--volume", rig.Volume, "--secret-file", open, "--state-dir", rig.StateDirectory)).Expect(1).Error, StringComparison.Ordinal);
        // The secret of another volume.
        Assert.Contains(rig.Volume, (await rig.CommandAsync("client", "--disk", disk.Path, "--server", rig.Listen, "--volume", "another", "--secret-file", rig.SecretFile, "--state-dir", rig.StateDirectory)).Expect(1).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/fs/bpf/diskmirror/another"));
    }
}
