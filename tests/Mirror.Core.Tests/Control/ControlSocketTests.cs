using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.Core.Tests.Control;

public sealed class ControlSocketTests
{
    [Fact]
    public async Task Everything_that_runs_on_the_host_is_found_client_before_server()
    {
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("home", MirrorRole.Server), new FakeMirrorRole("data", MirrorRole.Server));
        fixture.Host(new FakeMirrorRole("home"));
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        Assert.Equal(["data Server", "home Client", "home Server"], survey.Volumes.Select(v => $"{v.Volume} {v.Role}"));
        Assert.Empty(survey.Unresponsive);
    }

    [Fact]
    public async Task A_status_survives_the_way_through_the_socket_whole()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        role.Status = new MirrorStatus
        {
            Role = MirrorRole.Client,
            Volume = "v",
            Disk = "/dev/sdb \"ü\n",
            Peer = "host:7000",
            State = MirrorState.CatchUp,
            StateSince = DateTimeOffset.UnixEpoch,
            Rate = Taps.TapRate.Lo,
            Tap = Taps.TapKind.RescanOnly,
            TapReason = "no BTF",
            SizeBytes = long.MaxValue,
            ScannedBytes = 1,
            Scans = 2,
            PendingBytes = 3,
            QueuedBytes = 4,
            SentBytes = 5,
            ReceivedBytes = 6,
            CommittedMark = 7,
            OldestUncommittedMilliseconds = 8,
            Consistent = true,
            ConsistentAgeSeconds = 0.5,
            ScanAgeSeconds = 9,
            OffEpisodes = 10,
            Holes = 11,
            UntrackedCommands = 12,
            Connections = 13,
            LastError = "e",
            Needs = "adopt",
            GranuleBytes = 4096,
            KernelBytes = 14,
            BytesPerSecond = 15,
            SecondsLeft = 1.5,
            Behind = true,
            Identity = "wwn",
            ImageBytes = 16,
        };
        fixture.Host(role);
        Assert.Equal(role.Status, Assert.Single((await fixture.Client.SurveyAsync(default)).Volumes));
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_directory_and_the_sockets_are_closed_to_others()
    {
        Skip.If(OperatingSystem.IsWindows(), "Unix file modes are for Unix.");
        await using ControlFixture fixture = new();
        Directory.CreateDirectory(fixture.Directory.Path);
        File.SetUnixFileMode(fixture.Directory.Path, (UnixFileMode)0b111_111_111);
        ControlHost host = fixture.Host(new FakeMirrorRole("v"));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(fixture.Directory.Path));
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(host.SocketPath));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_directory_is_refused()
    {
        await using ControlFixture fixture = new();
        string elsewhere = fixture.Directory.Path + "-elsewhere";
        Directory.CreateDirectory(elsewhere);
        try
        {
            File.CreateSymbolicLink(fixture.Directory.Path, elsewhere);
            Assert.Contains("symbolic link", Assert.Throws<MirrorControlException>(() => fixture.Host(new FakeMirrorRole("v"))).Message);
        }
        finally
        {
            File.Delete(fixture.Directory.Path);
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    [Fact]
    public async Task The_socket_of_a_dead_process_is_skipped_and_removed()
    {
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("alive"));
        string dead = Path.Combine(fixture.Directory.Path, "client-1-dead.sock");
        using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Bound and closed without removal is what a killed process leaves; the endpoint's own clean-up is kept from it by a rename.
            socket.Bind(new UnixDomainSocketEndPoint(dead + ".x"));
            File.Move(dead + ".x", dead);
        }
        Assert.True(File.Exists(dead));
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        Assert.Equal("alive", Assert.Single(survey.Volumes).Volume);
        Assert.Empty(survey.Unresponsive);
        Assert.False(File.Exists(dead));
    }

    [Fact]
    public async Task A_process_that_does_not_answer_is_named_and_hides_no_other()
    {
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("good"));
        using Socket silent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Path.Combine(fixture.Directory.Path, "client-2-hung.sock")));
        silent.Listen(5);
        long before = Stopwatch.GetTimestamp();
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        Assert.InRange(Stopwatch.GetElapsedTime(before).TotalSeconds, 0, 10);
        Assert.Equal("good", Assert.Single(survey.Volumes).Volume);
        Assert.Contains("client-2-hung", Assert.Single(survey.Unresponsive));
    }

    [Fact]
    public async Task No_directory_means_nothing_runs()
    {
        await using ControlFixture fixture = new();
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        Assert.Empty(survey.Volumes);
        Assert.False(Directory.Exists(fixture.Directory.Path));
    }

    [Fact]
    public async Task Requests_reach_the_role_and_prefer_the_client()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole server = new("v", MirrorRole.Server), client = new("v");
        fixture.Host(server);
        fixture.Host(client);
        await fixture.Client.RescanAsync("v", default);
        await fixture.Client.AdoptAsync("v", false, default);
        await fixture.Client.AdoptAsync("v", true, default);
        await fixture.Client.StopAsync("v", true, default);
        await fixture.Client.StopAsync("v", false, default);
        Assert.Equal(["rescan", "adopt", "adopt --replace", "stop --keep-tracking", "stop"], client.Requests);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task What_a_role_refuses_is_told_in_its_own_words()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v") { Failure = new MirrorControlException("Volume v: not here, do it there.") };
        fixture.Host(role);
        Assert.Equal("Volume v: not here, do it there.", (await Assert.ThrowsAsync<MirrorControlException>(() => fixture.Client.RescanAsync("v", default))).Message);
        role.Failure = new InvalidOperationException("boom");
        Assert.Contains("boom", (await Assert.ThrowsAsync<MirrorControlException>(() => fixture.Client.RescanAsync("v", default))).Message);
        role.Failure = null;
        await fixture.Client.RescanAsync("v", default);
    }

    [Fact]
    public async Task An_unknown_volume_is_named_with_the_next_step()
    {
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("v"));
        string message = (await Assert.ThrowsAsync<MirrorControlException>(() => fixture.Client.StopAsync("w", false, default))).Message;
        Assert.Contains("Volume w", message);
        Assert.Contains("diskmirror status", message);
    }

    [Fact]
    public async Task A_wait_ends_when_its_client_goes_away()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        fixture.Host(role);
        using CancellationTokenSource cancel = new();
        Task wait = fixture.Client.WaitIdleAsync("v", cancel.Token);
        await Waiting.UntilAsync(() => role.Waits == 1, "the wait arrives", ControlFixture.Deadline);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await Waiting.UntilAsync(() => role.Waits == 0, "the wait ends in the host", ControlFixture.Deadline);
    }

    [Fact]
    public async Task A_wait_is_told_when_the_process_ends_and_the_socket_is_gone()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        Task wait = fixture.Client.WaitIdleAsync("v", default);
        await Waiting.UntilAsync(() => role.Waits == 1, "the wait arrives", ControlFixture.Deadline);
        await host.DisposeAsync();
        Assert.Contains("stopped", (await Assert.ThrowsAsync<MirrorControlException>(() => wait)).Message);
        Assert.False(File.Exists(host.SocketPath));
        Assert.Equal(0, role.Waits);
    }

    [Fact]
    public async Task One_volume_has_one_client_on_a_host()
    {
        await using ControlFixture fixture = new();
        using (fixture.Directory.ClaimClient("v"))
        {
            Assert.Contains("already", Assert.Throws<MirrorControlException>(() => fixture.Directory.ClaimClient("v")).Message);
            fixture.Directory.ClaimClient("w").Dispose();
        }
        fixture.Directory.ClaimClient("v").Dispose();
    }
}
