using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;
using Mirror.Core.Operations;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

[Collection("environment")]
public sealed class OperationCmdletTests
{
    [Fact]
    public async Task Status_shows_each_end_and_is_live()
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole fake = fixture.Fake("home");
        fixture.Fake("home", MirrorRole.Server);
        fixture.Fake("other");
        FakePipeline output = CmdletFixture.Run(new GetMirrorStatusCommand { Volume = "h*" }, c => c.Show());
        Assert.Equal([("home", MirrorRole.Client), ("home", MirrorRole.Server)], output.Objects.Cast<LiveStatus>().Select(s => (s.Volume, s.Role)));
        LiveStatus live = (LiveStatus)output.Objects[0]!;
        MirrorStatus snapshot = live.Snapshot();
        Assert.Equal(MirrorState.NoConn, live.State);
        fake.Status = fake.Status with { State = MirrorState.Live };
        Assert.True(SpinWait.SpinUntil(() => live.State == MirrorState.Live, TimeSpan.FromSeconds(60)));
        Assert.Equal(MirrorState.NoConn, snapshot.State);
        Assert.Empty(output.Errors);
    }

    [Fact]
    public async Task What_does_not_run_is_an_error_with_its_id_and_wildcards_that_match_nothing_are_none()
    {
        await using CmdletFixture fixture = new();
        FakePipeline output = CmdletFixture.Run(new GetMirrorStatusCommand { Volume = "home" }, c => c.Show());
        Assert.Equal((ErrorIds.NotRunning, ErrorCategory.ObjectNotFound, false), (output.Errors[0].Id, output.Errors[0].Category, output.Errors[0].Terminating));
        Assert.Empty(CmdletFixture.Run(new GetMirrorStatusCommand(), c => c.Show()).Errors);
    }

    [Fact]
    public async Task Watch_redraws_a_screen_until_it_is_stopped()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("home");
        GetMirrorStatusCommand watch = new();
        FakePipeline output = new() { IsScreen = true };
        output.OnWrite = () => Stop(watch);
        Assert.Throws<PipelineStoppedException>(() => CmdletFixture.Run(watch, c => c.WatchOn(), output));
        Assert.Equal(1, output.Redraws);
    }

    [Fact]
    public async Task Stop_rescan_and_approve_ask_first_and_pass_on_what_was_said()
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole fake = fixture.Fake("home");
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: true), no);
        CmdletFixture.Run(new InvokeMirrorRescanCommand { Volume = "home" }, c => c.Rescan(wait: false), no);
        CmdletFixture.Run(new ApproveMirrorDiskCommand { Volume = "home" }, c => c.Approve(replace: true), no);
        Assert.Equal(3, no.Asked.Count);
        Assert.Empty(fake.Requests);
        CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: true));
        CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: false));
        CmdletFixture.Run(new InvokeMirrorRescanCommand { Volume = "home" }, c => c.Rescan(wait: false));
        CmdletFixture.Run(new ApproveMirrorDiskCommand { Volume = "home" }, c => c.Approve(replace: false));
        CmdletFixture.Run(new ApproveMirrorDiskCommand { Volume = "home" }, c => c.Approve(replace: true));
        Assert.Equal(["stop --keep-tracking", "stop", "rescan", "adopt", "adopt --replace"], fake.Requests);
    }

    [Fact]
    public async Task A_refusal_keeps_its_words_and_ends_only_its_record()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("home").Failure = new MirrorControlException("Volume home: not today.");
        FakePipeline output = CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: true));
        Assert.Equal([(ErrorIds.Refused, ErrorCategory.InvalidOperation, "Volume home: not today.", false)], output.Errors);
    }

    [Fact]
    public async Task A_wait_shows_progress_on_the_pipelines_thread_and_returns_the_status()
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole fake = fixture.Fake("home");
        fake.Status = fake.Status with { State = MirrorState.Scanning, ScannedBytes = fake.Status.SizeBytes / 2 };
        FakePipeline pipeline = new();
        pipeline.OnWrite = () => fake.Status = fake.Status with { State = MirrorState.Live };
        FakePipeline output = CmdletFixture.Run(new WaitMirrorCommand { Volume = "home" }, c => c.Wait(idle: false, passThru: true), pipeline);
        Assert.Equal(MirrorState.Live, ((MirrorStatus)Assert.Single(output.Objects)!).State);
        Assert.Equal(0.5, output.Dones[0]);
        Assert.Equal(1, output.Dones[^1]);
    }

    [Theory]
    [InlineData("home", null, ErrorIds.TimedOut)]
    [InlineData("home", "adopt", ErrorIds.NeedsAdministrator)]
    public async Task A_wait_in_vain_says_why(string volume, string? needs, string id)
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole fake = fixture.Fake("home");
        fake.Status = fake.Status with { Needs = needs };
        FakePipeline output = CmdletFixture.Run(new WaitMirrorCommand { Volume = volume, TimeoutSec = 0.2 }, c => c.Wait(idle: false, passThru: true));
        Assert.Equal(id, Assert.Single(output.Errors).Id);
        Assert.Empty(output.Objects);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_wait()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("home");
        WaitMirrorCommand wait = new() { Volume = "home" };
        FakePipeline output = new();
        output.OnWrite = () => Stop(wait);
        Assert.Throws<PipelineStoppedException>(() => CmdletFixture.Run(wait, c => c.Wait(idle: true, passThru: false), output));
        Assert.Empty(output.Errors);
    }

    [Fact]
    public async Task A_rescan_is_waited_for_until_one_was_made()
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole fake = fixture.Fake("home");
        fake.Status = fake.Status with { State = MirrorState.Live, Scans = 3 };
        InvokeMirrorRescanCommand rescan = new() { Volume = "home", TimeoutSec = 0.5 };
        Assert.Equal(ErrorIds.TimedOut, Assert.Single(CmdletFixture.Run(rescan, c => c.Rescan(wait: true)).Errors).Id);
        FakePipeline pipeline = new();
        pipeline.OnWrite = () => fake.Status = fake.Status with { Scans = fake.Status.Scans + 1 };
        Assert.Empty(CmdletFixture.Run(new InvokeMirrorRescanCommand { Volume = "home" }, c => c.Rescan(wait: true), pipeline).Errors);
    }

    [Fact]
    public async Task Health_is_a_finding_for_each_end_or_yes_or_no()
    {
        await using CmdletFixture fixture = new();
        FakeMirrorRole good = fixture.Fake("good");
        good.Status = good.Status with { State = MirrorState.Live, Consistent = true, ConsistentAgeSeconds = 1 };
        Assert.Equal([true], CmdletFixture.Run(new TestMirrorHealthCommand(), c => c.Test(quiet: true)).Objects);
        fixture.Fake("bad");
        Assert.Equal([CheckLevel.Critical, CheckLevel.Ok], CmdletFixture.Run(new TestMirrorHealthCommand(), c => c.Test(quiet: false)).Objects.Cast<CheckFinding>().Select(f => f.Level));
        Assert.Equal([false], CmdletFixture.Run(new TestMirrorHealthCommand(), c => c.Test(quiet: true)).Objects);
    }

    [Fact]
    public async Task Servers_are_shown_and_stopped_also_without_a_volume()
    {
        await using CmdletFixture fixture = new();
        Assert.Equal(ErrorIds.NotRunning, Assert.Single(CmdletFixture.Run(new StopMirrorServerCommand(), c => c.End()).Errors).Id);
        FakeHost first = new("one"), second = new("two");
        fixture.Fake("v", MirrorRole.Server, first);
        fixture.Fake("w", MirrorRole.Server, second);
        Assert.Equal(["one", "two"], CmdletFixture.Run(new GetMirrorStatusCommand(), c => c.ShowServers()).Objects.Cast<MirrorProcess>().Select(p => p.Name));
        Assert.Equal(ErrorIds.Ambiguous, Assert.Single(CmdletFixture.Run(new StopMirrorServerCommand(), c => c.End()).Errors).Id);
        Assert.Equal(ErrorIds.NotRunning, Assert.Single(CmdletFixture.Run(new StopMirrorServerCommand { Name = "three" }, c => c.End()).Errors).Id);
        Assert.Empty(CmdletFixture.Run(new StopMirrorServerCommand { Name = "/store/two" }, c => c.End()).Errors);
        Assert.Equal((0, 1), (first.Ended, second.Ended));
    }

    [Fact]
    public async Task Volumes_are_completed_with_a_word_about_them()
    {
        await using CmdletFixture fixture = new();
        fixture.Fake("home");
        fixture.Fake("home", MirrorRole.Server);
        fixture.Fake("mail");
        Assert.Equal([("home", "NoConn")], Completion.Completions.Matching(Completion.Completions.Volumes, "'HO"));
        Assert.Equal(2, Completion.Completions.Matching(Completion.Completions.Volumes, "").Count);
    }

    private static void Stop(MirrorCmdlet cmdlet) =>
        typeof(MirrorCmdlet).GetMethod("StopProcessing", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.Invoke(cmdlet, null);

    private sealed class FakeHost(string name) : IMirrorHost
    {
        public int Ended { get; private set; }

        public MirrorProcess Process { get; } = new() { Role = MirrorRole.Server, Name = name, Place = "/store/" + name, EndPoint = "127.0.0.1:1" };

        public Task ShutdownAsync()
        {
            Ended++;
            return Task.CompletedTask;
        }
    }
}
