using System.Management.Automation;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>Snapshots, mounts and verify, as far as they need neither root nor a file system that clones.</summary>
[Collection("environment")]
public sealed class HistoryCmdletTests
{
    [Fact]
    public async Task Snapshots_are_taken_listed_by_name_and_removed_and_WhatIf_changes_nothing()
    {
        await using CmdletFixture fixture = new();
        FakeVolume home = new("home", MirrorRole.Server);
        fixture.Serve(home);
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(new NewMirrorSnapshotCommand { Volume = "home", Name = "a" }, c => c.Take(), no);
        Assert.Empty(home.Names);
        foreach (string name in (string[])["a", "b", "other"])
            Assert.Equal(name, ((SnapshotInfo)Assert.Single(CmdletFixture.Run(new NewMirrorSnapshotCommand { Volume = "home", Name = name }, c => c.Take()).Objects)!).Name);
        Assert.True(((SnapshotInfo)Assert.Single(CmdletFixture.Run(new NewMirrorSnapshotCommand { Volume = "home" }, c => c.Take()).Objects)!).ByRule);
        Assert.Equal(["a", "b"], Listed("?"));
        Assert.Equal(["other"], Listed("o*"));
        Assert.Equal(["a", "b", "other", "auto3"], Listed(null));
        RemoveMirrorSnapshotCommand remove = new() { Volume = "home", Name = ["a", "missing", "b"] };
        CmdletFixture.Run(remove, c => c.Remove(), no);
        Assert.Equal(["Take snapshot a: volume home", "Remove for good: snapshot a of volume home", "Remove for good: snapshot missing of volume home", "Remove for good: snapshot b of volume home"], no.Asked);
        Assert.Equal(4, home.Names.Length);
        // One that is not there does not keep the others.
        Assert.Equal((ErrorIds.SnapshotNotFound, ErrorCategory.ObjectNotFound), Assert.Single(CmdletFixture.Run(remove, c => c.Remove()).Errors.Select(e => (e.Id, e.Category))));
        Assert.Equal(["other", "auto3"], home.Names);
    }

    [Fact]
    public async Task A_rule_is_set_and_the_server_s_own_given_back_and_WhatIf_sets_none()
    {
        await using CmdletFixture fixture = new();
        FakeVolume home = new("home", MirrorRole.Server);
        fixture.Serve(home);
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(new SetMirrorSnapshotRuleCommand { Volume = "home", Rule = "none" }, c => c.Set(), no);
        Assert.Equal(["Set the snapshot rule none: volume home"], no.Asked);
        foreach (string rule in (string[])["daily=7", "none", "server"]) Assert.Empty(CmdletFixture.Run(new SetMirrorSnapshotRuleCommand { Volume = "home", Rule = rule }, c => c.Set()).Errors);
        Assert.Equal(["daily=7", "none", null], home.Rules);
        Assert.Equal(ErrorIds.NotRunning, Id(new SetMirrorSnapshotRuleCommand { Volume = "nothing", Rule = "none" }, c => c.Set()));
    }

    [Fact]
    public async Task What_a_history_cannot_do_has_its_own_id()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("mail");
        Assert.Equal(ErrorIds.NotRunning, Id(new NewMirrorSnapshotCommand { Volume = "mail" }, c => c.Take()));
        FakeVolume home = new("home", MirrorRole.Server);
        fixture.Serve(home);
        Assert.Equal(ErrorIds.SnapshotNotFound, Id(new GetMirrorSnapshotCommand { Volume = "home", Name = "missing" }, c => c.List()));
        Assert.Empty(CmdletFixture.Run(new GetMirrorSnapshotCommand { Volume = "home", Name = "missing*" }, c => c.List()).Errors);
        foreach ((ControlFailure failure, string id) in ((ControlFailure, string)[])[(ControlFailure.CloneUnsupported, ErrorIds.CloneUnsupported), (ControlFailure.Invalid, ErrorIds.SettingInvalid), (ControlFailure.InUse, ErrorIds.InUse), ((ControlFailure)200, ErrorIds.Refused)])
        {
            home.Failure = new MirrorControlException("It cannot.") { Failure = failure };
            Assert.Equal(id, Id(new NewMirrorSnapshotCommand { Volume = "home" }, c => c.Take()));
        }
    }

    [Fact]
    public async Task Mounts_ask_and_say_why_there_is_none()
    {
        await using CmdletFixture fixture = new();
        FakeVolume home = new("home", MirrorRole.Server);
        fixture.Serve(home);
        string at = fixture.File("mnt");
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(new MountMirrorSnapshotCommand { Volume = "home", Directory = at, Name = "a" }, c => c.Mount(), no);
        CmdletFixture.Run(new DismountMirrorSnapshotCommand { Volume = "home" }, c => c.Dismount(), no);
        CmdletFixture.Run(new DismountMirrorSnapshotCommand { Directory = at }, c => c.Dismount(), no);
        Assert.Equal([$"Mount snapshot a of home read-only: {at}", "Unmount: home", $"Unmount: {at}"], no.Asked);
        Assert.False(Directory.Exists(at));
        Assert.Equal(ErrorIds.SnapshotNotFound, Id(new MountMirrorSnapshotCommand { Volume = "home", Directory = at, Name = "a" }, c => c.Mount()));
        Assert.Equal(ErrorIds.NotRunning, Id(new MountMirrorSnapshotCommand { Volume = "nothing", Directory = at }, c => c.Mount()));
        home.Failure = new MirrorControlException("It cannot.") { Failure = ControlFailure.CloneUnsupported };
        Assert.Equal(ErrorIds.CloneUnsupported, Id(new MountMirrorSnapshotCommand { Volume = "home", Directory = at }, c => c.Mount()));
        Assert.Equal(ErrorIds.MountFailed, Id(new MountMirrorSnapshotCommand { Volume = fixture.File("none"), Directory = at }, c => c.Mount()));
        Assert.Equal(ErrorIds.MountFailed, Id(new DismountMirrorSnapshotCommand { Directory = at }, c => c.Dismount()));
        Assert.Empty(home.Names);
    }

    [Fact]
    public async Task A_verify_reports_what_differs_shows_how_far_it_is_and_asks_only_to_repair()
    {
        await using CmdletFixture fixture = new();
        FakeVolume home = new("home", MirrorRole.Client) { Differing = 4096 };
        fixture.Serve(home);
        FakePipeline no = new() { Answer = false };
        VerifyReport found = (VerifyReport)Assert.Single(CmdletFixture.Run(new TestMirrorVolumeCommand { Volume = "home", Limit = "2M" }, c => c.Verify(repair: false, quiet: false), no).Objects)!;
        Assert.Equal(("home", false, 4096L, 0L), (found.Volume, found.Same, found.DifferingBytes, found.RepairedBytes));
        Assert.Empty(no.Asked);
        Assert.Equal([false], CmdletFixture.Run(new TestMirrorVolumeCommand { Volume = "home" }, c => c.Verify(repair: false, quiet: true)).Objects);
        Assert.Empty(CmdletFixture.Run(new TestMirrorVolumeCommand { Volume = "home" }, c => c.Verify(repair: true, quiet: true), new FakePipeline { Answer = false }).Objects);
        Assert.Equal([new VerifyRequest(2 << 20), new VerifyRequest()], home.Verifies);
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        home.Gate = seen.Task;
        FakePipeline output = new();
        // The question comes first, and is no progress.
        output.OnWrite = () => _ = output.Dones.Count > 0 && seen.TrySetResult();
        Assert.Equal([true], CmdletFixture.Run(new TestMirrorVolumeCommand { Volume = "home" }, c => c.Verify(repair: true, quiet: true), output).Objects);
        Assert.Contains(0.5, output.Dones);
        Assert.Equal(1, output.Dones[^1]);
        foreach (string limit in (string[])["1", "much"])
            Assert.Equal(ErrorIds.SettingInvalid, Id(new TestMirrorVolumeCommand { Volume = "home", Limit = limit }, c => c.Verify(repair: false, quiet: false)));
        Assert.Equal(ErrorIds.NotRunning, Id(new TestMirrorVolumeCommand { Volume = "nothing" }, c => c.Verify(repair: false, quiet: false)));
    }

    private static string Id<T>(T cmdlet, Action<T> work) where T : MirrorCmdlet => Assert.Single(CmdletFixture.Run(cmdlet, work).Errors).Id;

    private static string[] Listed(string? name) =>
        [.. CmdletFixture.Run(new GetMirrorSnapshotCommand { Volume = "home", Name = name }, c => c.List()).Objects.Select(s => ((SnapshotInfo)s!).Name)];
}
