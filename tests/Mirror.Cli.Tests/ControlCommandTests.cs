using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;
using Mirror.Core.Taps;

namespace Mirror.Cli.Tests;

public sealed class ControlCommandTests
{
    // Scripts of administrators read these names; the list is the issue's, and only grows.
    private static readonly string[] StatusFields =
    [
        "role", "volume", "disk", "peer", "state", "rate", "tap", "tapReason", "sizeBytes", "scannedBytes", "scans", "pendingBytes", "queuedBytes",
        "sentBytes", "receivedBytes", "committedMark", "oldestUncommittedMilliseconds", "consistent", "consistentAgeSeconds", "offEpisodes", "holes",
        "untrackedCommands", "connections", "lastError",
    ];

    [Fact]
    public async Task Status_as_json_is_an_array_with_every_promised_field_and_nothing_else_on_stdout()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        role.Status = role.Status with { State = MirrorState.CatchUp, Rate = TapRate.Lo, Tap = TapKind.RescanOnly, PendingBytes = 8192, Peer = "host:7000" };
        fixture.Fake("home", MirrorRole.Server);
        (int code, string output, string error) = await fixture.DiskmirrorAsync("status", "--json");
        Assert.Equal((0, ""), (code, error));
        JsonElement array = JsonDocument.Parse(output).RootElement;
        Assert.Equal(2, array.GetArrayLength());
        foreach (JsonElement status in array.EnumerateArray())
            Assert.All(StatusFields, field => Assert.True(status.TryGetProperty(field, out _), field));
        JsonElement client = array[0];
        Assert.Equal("client", client.GetProperty("role").GetString());
        Assert.Equal("CatchUp", client.GetProperty("state").GetString());
        Assert.Equal("Lo", client.GetProperty("rate").GetString());
        Assert.Equal("rescan-only", client.GetProperty("tap").GetString());
        Assert.Equal(8192, client.GetProperty("pendingBytes").GetInt64());
        Assert.Equal(JsonValueKind.Null, client.GetProperty("lastError").ValueKind);
        Assert.Equal("server", array[1].GetProperty("role").GetString());
        Assert.Equal(JsonValueKind.Null, array[1].GetProperty("tap").ValueKind);
    }

    [Fact]
    public async Task Status_in_a_pipe_is_one_line_a_volume_without_escape_sequences_also_when_a_peer_sends_some()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        role.Status = role.Status with { LastError = "evil \e[2J\r\n[red]text", Peer = "h\e[31mo:7" };
        (int code, string output, string error) = await fixture.DiskmirrorAsync("status");
        Assert.Equal((0, ""), (code, error));
        Assert.DoesNotContain('\e', output);
        Assert.Contains("[red]text", output);
        Assert.Single(output.Split('\n'), line => line.Contains("/dev/fake", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_that_runs_is_an_empty_array_and_a_word_on_stderr()
    {
        await using CliFixture fixture = new();
        Assert.Equal((0, "[]\n", ""), await fixture.DiskmirrorAsync("status", "--json"));
        (int code, string output, string error) = await fixture.DiskmirrorAsync("status");
        Assert.Equal((0, ""), (code, output));
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task Watched_json_is_one_line_each_until_interrupted()
    {
        await using CliFixture fixture = new();
        fixture.Fake("home");
        using DiskmirrorProcess watch = DiskmirrorProcess.Start(fixture.Run, null, "status", "--json", "--watch");
        await Waiting.UntilAsync(() => watch.Output.Count(c => c == '\n') >= 2, () => watch.Output + watch.Error);
        watch.Signal(2);
        Assert.Equal(130, await watch.ExitAsync());
        Assert.All(watch.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Equal(1, JsonDocument.Parse(line).RootElement.GetArrayLength()));
        Assert.Equal("", watch.Error);
    }

    [Fact]
    public async Task Check_speaks_to_monitoring_by_its_exit_code()
    {
        await using CliFixture fixture = new();
        Assert.Equal(2, (await fixture.DiskmirrorAsync("check")).Code);
        FakeMirrorRole role = fixture.Fake("home");
        MirrorStatus good = role.Status with { State = MirrorState.Live, Consistent = true, ConsistentAgeSeconds = 20, Tap = TapKind.Ebpf };
        role.Status = good;
        (int code, string output, string error) = await fixture.DiskmirrorAsync("check", "home");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("OK home (client): ", output);
        role.Status = good with { LastError = "the store is full" };
        Assert.Equal(1, (await fixture.DiskmirrorAsync("check")).Code);
        role.Status = good;
        (code, output, _) = await fixture.DiskmirrorAsync("check", "home", "--max-age", "10", "--json");
        Assert.Equal(2, code);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("critical", json.GetProperty("level").GetString());
        Assert.Equal(20, json.GetProperty("findings")[0].GetProperty("ageSeconds").GetDouble());
        Assert.Equal(2, (await fixture.DiskmirrorAsync("check", "other")).Code);
    }

    [Fact]
    public async Task A_check_that_cannot_be_made_is_no_verdict()
    {
        await using CliFixture fixture = new();
        await File.WriteAllTextAsync(fixture.Run, "in the way");
        (int code, string output, string error) = await fixture.DiskmirrorAsync("check");
        Assert.Equal((3, ""), (code, output));
        Assert.Contains(fixture.Run, error);
        Assert.Equal(64, (await fixture.DiskmirrorAsync("check", "--max-age", "soon")).Code);
    }

    [Fact]
    public async Task Wait_returns_when_the_state_is_there_and_is_quiet_in_a_pipe()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        using DiskmirrorProcess wait = DiskmirrorProcess.Start(fixture.Run, null, "wait", "home", "--state", "Live", "--timeout", "50");
        (int code, string output, string error) = await fixture.DiskmirrorAsync("wait", "home", "--timeout", "0");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("NoConn", error);
        Assert.False(wait.HasExited);
        role.Status = role.Status with { State = MirrorState.Live };
        Assert.Equal(0, await wait.ExitAsync());
        Assert.Equal("", wait.Output + wait.Error);
    }

    [Fact]
    public async Task Wait_for_idle_leaves_the_word_to_the_engine()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        role.Status = role.Status with { State = MirrorState.Live };
        using DiskmirrorProcess wait = DiskmirrorProcess.Start(fixture.Run, null, "wait", "home", "--idle");
        await Waiting.UntilAsync(() => role.Waits == 1, () => "the wait arrives");
        Assert.False(wait.HasExited);
        role.Idle.SetResult();
        Assert.Equal(0, await wait.ExitAsync());
    }

    [Fact]
    public async Task An_interrupted_wait_ends_without_success()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        using DiskmirrorProcess wait = DiskmirrorProcess.Start(fixture.Run, null, "wait", "home", "--idle");
        await Waiting.UntilAsync(() => role.Waits == 1, () => "the wait arrives");
        wait.Signal(15);
        Assert.Equal(130, await wait.ExitAsync());
        await Waiting.UntilAsync(() => role.Waits == 0, () => "the wait ends");
    }

    [Fact]
    public async Task Rescan_adopt_and_stop_do_just_what_their_options_say()
    {
        await using CliFixture fixture = new();
        FakeMirrorRole role = fixture.Fake("home");
        foreach (string line in (string[])["rescan home", "adopt home", "adopt home --replace", "stop home --keep-tracking", "stop home"])
            Assert.Equal((0, "", ""), await fixture.DiskmirrorAsync(line.Split(' ')));
        Assert.Equal(["rescan", "adopt", "adopt --replace", "stop --keep-tracking", "stop"], role.Requests);
        role.Failure = new MirrorControlException("Volume home: not now, ask again.");
        Assert.Equal((1, "", "diskmirror: Volume home: not now, ask again.\n"), await fixture.DiskmirrorAsync("rescan", "home"));
        (int code, _, string error) = await fixture.DiskmirrorAsync("stop", "elsewhere");
        Assert.Equal(1, code);
        Assert.Contains("elsewhere", error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("stat")]
    [InlineData("stop")]
    [InlineData("stop a b")]
    [InlineData("stop a --keep-traking")]
    [InlineData("wait a --state live2")]
    [InlineData("wait a --state 3")]
    [InlineData("wait a --timeout -5")]
    [InlineData("wait a --timeout forever")]
    [InlineData("secret derive --volume a --right mirror")]
    [InlineData("secret derive --secret-file f --volume a --right write")]
    [InlineData("secret derive --secret-file f --volume ../a --right mirror")]
    public async Task A_wrong_command_line_is_told_on_stderr_with_a_code_of_its_own(string line)
    {
        await using CliFixture fixture = new();
        fixture.Fake("a");
        (int code, string output, string error) = await fixture.DiskmirrorAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((64, ""), (code, output));
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task Help_and_version_go_to_stdout()
    {
        await using CliFixture fixture = new();
        foreach (string line in (string[])["--help", "--version", "client --help", "secret derive --help"])
        {
            (int code, string output, string error) = await fixture.DiskmirrorAsync(line.Split(' '));
            Assert.Equal((0, ""), (code, error));
            Assert.NotEmpty(output);
        }
    }
}
