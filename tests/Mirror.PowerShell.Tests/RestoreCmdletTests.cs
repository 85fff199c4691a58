using System.Security.Cryptography;
using Mirror.Core.Restore;
using Mirror.Hosting;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>A volume brought back by the cmdlet, from a server in this process.</summary>
[Collection("environment")]
public sealed class RestoreCmdletTests
{
    private const int Size = 3 << 20;

    [SkippableFact]
    public async Task A_volume_is_brought_back_into_a_file_after_being_asked_and_WhatIf_writes_nothing()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Direct reads are made for Linux.");
        await using CmdletFixture fixture = new();
        byte[] content = RandomNumberGenerator.GetBytes(Size);
        await File.WriteAllBytesAsync(fixture.File("disk"), content);
        CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("master") }, c => c.Make(passThru: false));
        StartMirrorServerCommand serve = new() { Store = fixture.File("store"), ListenAddress = "127.0.0.1", Port = 0, SecretPath = fixture.File("master") };
        HostedServer server = (HostedServer)Assert.Single(CmdletFixture.Run(serve, c => c.Start(wait: false)).Objects)!;
        string address = server.EndPoint.ToString();
        StartMirrorClientCommand start = new() { Disk = fixture.File("disk"), Server = address, Volume = "home", SecretPath = fixture.File("master"), StateDirectory = fixture.File("state"), Tap = "rescan-only" };
        CmdletFixture.Run(start, c => c.Start(wait: false));
        Assert.Empty(CmdletFixture.Run(new WaitMirrorCommand { Volume = "home", TimeoutSec = 60 }, c => c.Wait(idle: false, passThru: false)).Errors);
        CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: false));

        RestoreMirrorDiskCommand restore = new() { Volume = "home", To = fixture.File("new"), Server = address, SecretPath = fixture.File("master") };
        bool asItIs = false;
        FakePipeline no = new() { Answer = false };
        FakePipeline first = CmdletFixture.Run(restore, c => c.Restore(asItIs, force: false), no);
        if (first.Errors.Count > 0)
        {
            // A file that is only scanned again is never known to have been consistent.
            Assert.Equal(ErrorIds.RestoreFailed, Assert.Single(first.Errors).Id);
            asItIs = true;
            CmdletFixture.Run(restore, c => c.Restore(asItIs, force: false), no);
        }
        // A new file overwrites nothing, so only a -WhatIf or -Confirm that was given is asked.
        Assert.StartsWith("forced Volume home", Assert.Single(no.Asked), StringComparison.Ordinal);
        Assert.False(File.Exists(fixture.File("new")));
        FakePipeline output = CmdletFixture.Run(restore, c => c.Restore(asItIs, force: false));
        Assert.Empty(output.Errors);
        RestoreResult result = Assert.IsType<RestoreResult>(Assert.Single(output.Objects));
        Assert.Equal((fixture.File("new"), (long)Size), (result.Target, result.Source.SizeBytes));
        Assert.Equal(content, await File.ReadAllBytesAsync(fixture.File("new")));
        Assert.Equal(1, output.Dones[^1]);

        byte[] other = new byte[Size];
        await File.WriteAllBytesAsync(fixture.File("other"), other);
        restore.To = fixture.File("other");
        FakePipeline asked = CmdletFixture.Run(restore, c => c.Restore(asItIs, force: false), new FakePipeline { Answer = false });
        Assert.DoesNotContain("forced", Assert.Single(asked.Asked), StringComparison.Ordinal);
        Assert.Empty(asked.Objects);
        Assert.Equal(other, await File.ReadAllBytesAsync(fixture.File("other")));
        FakePipeline stops = CmdletFixture.Run(restore, c => c.Restore(asItIs, force: true), new FakePipeline { Answer = false });
        Assert.StartsWith("forced ", Assert.Single(stops.Asked), StringComparison.Ordinal);
        Assert.Equal(other, await File.ReadAllBytesAsync(fixture.File("other")));
        Assert.Single(CmdletFixture.Run(restore, c => c.Restore(asItIs, force: true)).Objects);
        Assert.Equal(content, await File.ReadAllBytesAsync(fixture.File("other")));

        restore.Snapshot = "missing";
        Assert.Equal(ErrorIds.SnapshotNotFound, Id(restore));
        restore.Snapshot = "../x";
        Assert.Equal(ErrorIds.SettingInvalid, Id(restore));
        restore.Snapshot = null;
        restore.To = fixture.Root;
        Assert.Equal(ErrorIds.TargetUnusable, Id(restore));
        restore.Server = null;
        Assert.Equal(ErrorIds.SettingMissing, Id(restore));
    }

    private static string Id(RestoreMirrorDiskCommand restore) => Assert.Single(CmdletFixture.Run(restore, c => c.Restore(asItIs: true, force: true)).Errors).Id;
}
