using Mirror.Core.Control;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>Whole volumes of a server.</summary>
[Collection("environment")]
public sealed class VolumeCmdletTests
{
    [Fact]
    public async Task Volumes_are_renamed_deleted_released_and_taken_and_WhatIf_changes_nothing()
    {
        await using CmdletFixture fixture = new();
        FakeStoreHost host = new();
        fixture.Fake("home", MirrorRole.Server, host);
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(new RenameMirrorVolumeCommand { Volume = "home", NewName = "mail" }, c => c.Rename(), no);
        CmdletFixture.Run(new RemoveMirrorVolumeCommand { Volume = "home" }, c => c.Remove(), no);
        CmdletFixture.Run(new DisableMirrorVolumeCommand { Volume = "home" }, c => c.Release(), no);
        CmdletFixture.Run(new EnableMirrorVolumeCommand { Volume = "home" }, c => c.Take(), no);
        Assert.Equal(4, no.Asked.Count);
        Assert.StartsWith("Delete for good, with all its snapshots: Volume home: image /dev/fake of 1 GiB", no.Asked[1], StringComparison.Ordinal);
        Assert.Empty(no.Errors);
        Assert.Empty(host.Asked);

        Assert.Empty(CmdletFixture.Run(new RenameMirrorVolumeCommand { Volume = "home", NewName = "mail" }, c => c.Rename()).Errors);
        Assert.Equal(new DeletedVolume("home", 3, null), Assert.Single(CmdletFixture.Run(new RemoveMirrorVolumeCommand { Volume = "home", MinimumAge = "2d" }, c => c.Remove()).Objects));
        Assert.Equal("/nowhere/home", Assert.Single(CmdletFixture.Run(new DisableMirrorVolumeCommand { Volume = "home" }, c => c.Release()).Objects));
        Assert.Empty(CmdletFixture.Run(new EnableMirrorVolumeCommand { Volume = "home", Server = "store" }, c => c.Take()).Errors);
        Assert.Equal(["rename home mail", "delete home 48", "release home", "take home"], host.Asked);
    }

    [Fact]
    public async Task A_seed_is_copied_into_the_store_and_never_over_an_image()
    {
        await using CmdletFixture fixture = new();
        string store = fixture.File("store");
        fixture.Fake("other", MirrorRole.Server, new FakeStoreHost(place: store));
        byte[] seed = new byte[(3 << 20) + 512];
        new Random(1).NextBytes(seed.AsSpan(2 << 20));
        await File.WriteAllBytesAsync(fixture.File("seed"), seed);
        InitializeMirrorVolumeCommand command = new() { Volume = "home", Path = fixture.File("seed") };
        CmdletFixture.Run(command, c => c.Seed(), new FakePipeline { Answer = false });
        Assert.False(Directory.Exists(Path.Combine(store, "home")));
        Assert.Empty(CmdletFixture.Run(command, c => c.Seed()).Errors);
        Assert.Equal(seed, await File.ReadAllBytesAsync(Path.Combine(store, "home", "image")));
        Assert.True(File.Exists(Path.Combine(store, "home", "seed")));
        Assert.Equal(ErrorIds.InUse, Id(command, c => c.Seed()));
        Assert.Equal(ErrorIds.InputOutput, Id(new InitializeMirrorVolumeCommand { Volume = "mail", Path = fixture.File("missing") }, c => c.Seed()));
        Assert.Equal(ErrorIds.NotRunning, Id(new InitializeMirrorVolumeCommand { Volume = "mail", Path = fixture.File("seed"), Server = "none" }, c => c.Seed()));
    }

    [Fact]
    public async Task A_freeze_is_asked_for_runs_its_commands_in_order_and_says_what_is_missing()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("home").Idle.SetResult();
        string log = fixture.File("log");
        InvokeMirrorFreezeCommand command = new() { Volume = "home", Before = $"echo before >> {log}", Command = $"echo command >> {log}", After = $"echo after >> {log}" };
        CmdletFixture.Run(command, c => c.Freeze(), new FakePipeline { Answer = false });
        Assert.False(File.Exists(log));
        Assert.Empty(CmdletFixture.Run(command, c => c.Freeze()).Errors);
        Assert.Equal(["before", "command", "after"], await File.ReadAllLinesAsync(log));
        command.Command = "exit 3";
        Assert.Equal(ErrorIds.Refused, Id(command, c => c.Freeze()));
        Assert.Equal("after", (await File.ReadAllLinesAsync(log))[^1]);
        command.Snapshot = "nightly";
        Assert.Equal(ErrorIds.NotRunning, Id(command, c => c.Freeze()));
        Assert.Equal(ErrorIds.NotRunning, Id(new InvokeMirrorFreezeCommand { Volume = "nothing" }, c => c.Freeze()));
        Assert.Equal(ErrorIds.SettingInvalid, Id(new InvokeMirrorFreezeCommand { Volume = "home", Limit = 0 }, c => c.Freeze()));
    }

    [Fact]
    public async Task What_cannot_be_done_with_a_volume_has_its_id()
    {
        await using CmdletFixture fixture = new();
        FakeStoreHost host = new();
        fixture.Fake("home", MirrorRole.Server, host);
        fixture.Fake("mail");
        Assert.Equal(ErrorIds.SettingInvalid, Id(new RemoveMirrorVolumeCommand { Volume = "home", MinimumAge = "soon" }, c => c.Remove()));
        Assert.Equal(ErrorIds.SettingInvalid, Id(new RenameMirrorVolumeCommand { Volume = "home", NewName = "../x" }, c => c.Rename()));
        Assert.Equal(ErrorIds.NotRunning, Id(new RemoveMirrorVolumeCommand { Volume = "mail" }, c => c.Remove()));
        Assert.Equal(ErrorIds.NotRunning, Id(new DisableMirrorVolumeCommand { Volume = "mail" }, c => c.Release()));
        Assert.Equal(ErrorIds.NotRunning, Id(new EnableMirrorVolumeCommand { Volume = "home", Server = "other" }, c => c.Take()));
        host.Failure = new MirrorControlException("Its client is connected.") { Failure = ControlFailure.InUse };
        Assert.Equal(ErrorIds.InUse, Id(new RemoveMirrorVolumeCommand { Volume = "home" }, c => c.Remove()));
    }

    private static string Id<T>(T cmdlet, Action<T> work) where T : MirrorCmdlet => Assert.Single(CmdletFixture.Run(cmdlet, work).Errors).Id;
}
