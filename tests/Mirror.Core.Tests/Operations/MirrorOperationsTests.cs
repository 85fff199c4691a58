using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;
using Mirror.Core.Operations;
using Mirror.Core.Taps;
using Mirror.Core.Tests.Control;

namespace Mirror.Core.Tests.Operations;

public sealed class MirrorOperationsTests
{
    private static readonly MirrorStatus Live = new()
    {
        Role = MirrorRole.Client,
        Volume = "v",
        Disk = "/dev/sdb",
        State = MirrorState.Live,
        Tap = TapKind.Ebpf,
        Consistent = true,
        ConsistentAgeSeconds = 0.5,
    };

    public static TheoryData<string, CheckLevel> Cases => new()
    {
        { "live", CheckLevel.Ok },
        { "live with error", CheckLevel.Warning },
        { "catching up, young", CheckLevel.Ok },
        { "no connection, young", CheckLevel.Warning },
        { "no connection, old", CheckLevel.Critical },
        { "live, old", CheckLevel.Critical },
        { "first scan", CheckLevel.Warning },
        { "never connected", CheckLevel.Critical },
        { "needs adopt", CheckLevel.Critical },
        { "room short", CheckLevel.Warning },
        { "room very short", CheckLevel.Critical },
        { "rescan-only, young scan", CheckLevel.Ok },
        { "rescan-only, old scan", CheckLevel.Critical },
        { "rescan-only, first scan", CheckLevel.Warning },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Check_judges_by_what_would_be_lost(string name, CheckLevel expected)
    {
        MirrorStatus status = name switch
        {
            "live" => Live,
            "live with error" => Live with { LastError = "full" },
            "catching up, young" => Live with { State = MirrorState.CatchUp, ConsistentAgeSeconds = 30 },
            "no connection, young" => Live with { State = MirrorState.NoConn, ConsistentAgeSeconds = 30 },
            "no connection, old" => Live with { State = MirrorState.NoConn, ConsistentAgeSeconds = 61 },
            "live, old" => Live with { ConsistentAgeSeconds = 61 },
            "first scan" => Live with { State = MirrorState.Scanning, ConsistentAgeSeconds = null, Consistent = false },
            "never connected" => Live with { State = MirrorState.NoConn, ConsistentAgeSeconds = null, Consistent = false },
            "needs adopt" => Live with { Needs = "adopt", State = MirrorState.NoConn, ConsistentAgeSeconds = 1 },
            "room short" => Live with { StoreSpace = SpaceLevel.Low, StoreFreeBytes = 1, StoreSizeBytes = 10 },
            "room very short" => Live with { StoreSpace = SpaceLevel.Critical, StoreFreeBytes = 0, StoreSizeBytes = 10 },
            "rescan-only, young scan" => Live with { Tap = TapKind.RescanOnly, ConsistentAgeSeconds = null, ScanAgeSeconds = 30 },
            "rescan-only, old scan" => Live with { Tap = TapKind.RescanOnly, ConsistentAgeSeconds = null, ScanAgeSeconds = 90 },
            "rescan-only, first scan" => Live with { Tap = TapKind.RescanOnly, ConsistentAgeSeconds = null, State = MirrorState.Scanning },
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("v") { Status = status });
        CheckResult result = await new MirrorOperations(fixture.Directory).CheckAsync("v", TimeSpan.FromSeconds(60), default);
        Assert.True(expected == result.Level, result.Findings[0].Message);
        Assert.StartsWith("v (client): ", Assert.Single(result.Findings).Message);
    }

    [Fact]
    public async Task Check_is_as_bad_as_the_worst_volume_and_critical_when_nothing_runs()
    {
        await using ControlFixture fixture = new();
        MirrorOperations operations = new(fixture.Directory);
        Assert.Equal(CheckLevel.Critical, (await operations.CheckAsync(null, TimeSpan.FromSeconds(60), default)).Level);
        fixture.Host(new FakeMirrorRole("v") { Status = Live }, new FakeMirrorRole("w") { Status = Live with { Volume = "w", LastError = "full" } });
        CheckResult all = await operations.CheckAsync(null, TimeSpan.FromSeconds(60), default);
        Assert.Equal(CheckLevel.Warning, all.Level);
        Assert.Equal(2, all.Findings.Count);
        Assert.Equal(CheckLevel.Ok, (await operations.CheckAsync("v", TimeSpan.FromSeconds(60), default)).Level);
        Assert.Equal(CheckLevel.Critical, (await operations.CheckAsync("x", TimeSpan.FromSeconds(60), default)).Level);
    }

    [Fact]
    public async Task A_wait_for_a_state_ends_when_it_is_reached_and_reports_on_the_way()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        fixture.Host(role);
        int reports = 0;
        Task<WaitResult> wait = new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(), TimeSpan.FromSeconds(60), new Counter(() => reports++), default);
        await Waiting.UntilAsync(() => Volatile.Read(ref reports) > 1, "progress is reported", ControlFixture.Deadline);
        Assert.False(wait.IsCompleted);
        role.Status = Live;
        WaitResult result = await wait;
        Assert.True(result.Reached);
        Assert.Equal(MirrorState.Live, result.Status!.State);
    }

    [Fact]
    public async Task A_wait_for_idle_ends_only_when_the_engine_says_so()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v") { Status = Live };
        Assert.True(role.Status.IsIdle);
        fixture.Host(role);
        int reports = 0;
        Task<WaitResult> wait = new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(Idle: true), TimeSpan.FromSeconds(60), new Counter(() => reports++), default);
        await Waiting.UntilAsync(() => Volatile.Read(ref reports) > 3, "progress is reported", ControlFixture.Deadline);
        Assert.False(wait.IsCompleted);
        role.Idle.SetResult();
        Assert.True((await wait).Reached);
    }

    [Fact]
    public async Task A_wait_outlives_a_restart_of_the_client()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole first = new("v"), second = new("v") { Status = Live };
        ControlHost host = fixture.Host(first);
        Task<WaitResult> wait = new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(Idle: true), TimeSpan.FromSeconds(60), null, default);
        await Waiting.UntilAsync(() => first.Waits == 1, "the wait arrives", ControlFixture.Deadline);
        await host.DisposeAsync();
        fixture.Host(second);
        await Waiting.UntilAsync(() => second.Waits == 1, "the wait finds the new process", ControlFixture.Deadline);
        second.Idle.SetResult();
        Assert.True((await wait).Reached);
    }

    [Fact]
    public async Task A_wait_ends_with_the_reason_at_its_timeout()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        role.Status = role.Status with { LastError = "no route to host" };
        fixture.Host(role);
        WaitResult result = await new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(), TimeSpan.FromSeconds(0.5), null, default);
        Assert.False(result.Reached);
        Assert.Contains("NoConn", result.Reason);
        Assert.Contains("no route to host", result.Reason);
    }

    [Fact]
    public async Task A_wait_ends_at_once_when_only_the_administrator_can_help()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        role.Status = role.Status with { LastError = "another disk", Needs = "adopt --replace" };
        fixture.Host(role);
        WaitResult result = await new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(), TimeSpan.FromSeconds(60), null, default);
        Assert.False(result.Reached);
        Assert.Contains("diskmirror adopt v --replace", result.Reason);
    }

    [Fact]
    public async Task Idle_goes_with_Live_only()
    {
        await using ControlFixture fixture = new();
        await Assert.ThrowsAsync<MirrorControlException>(() =>
            new MirrorOperations(fixture.Directory).WaitAsync("v", new WaitGoal(MirrorState.CatchUp, true), TimeSpan.FromSeconds(1), null, default));
    }

    private sealed class Counter(Action count) : IProgress<MirrorStatus>
    {
        public void Report(MirrorStatus value) => count();
    }
}
