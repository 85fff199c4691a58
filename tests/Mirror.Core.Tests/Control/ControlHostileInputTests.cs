using System.Net.Sockets;
using System.Text;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.Core.Tests.Control;

// What the whole process allocates is looked at.
[Collection("Alone")]
public sealed class ControlHostileInputTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("status\n")]
    [InlineData("null\n")]
    [InlineData("[]\n")]
    [InlineData("{}\n")]
    [InlineData("{\"request\":1}\n")]
    [InlineData("{\"request\":0}\n")]
    [InlineData("{\"request\":\"1\"}\n")]
    [InlineData("{\"request\":\"destroy\"}\n")]
    [InlineData("{\"request\":null}\n")]
    [InlineData("{\"request\":\"status\",\"volume\":5}\n")]
    [InlineData("{\"request\":\"status\",\"extra\":true}\n")]
    [InlineData("{\"request\":\"status\",\"request\":\"stop\",\"volume\":\"v\"}\n")]
    [InlineData("{\"request\":\"stop\"}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":null}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":\"v\",\"keepTraking\":true}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":\"v\",\"keepTracking\":\"yes\"}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":\"v\"}{\"request\":\"stop\",\"volume\":\"v\"}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":\"v\"\n")]
    [InlineData("{\"request\":{\"request\":{\"request\":{\"request\":{}}}}}\n")]
    [InlineData("{\"request\":\"stop\",\"volume\":\"../../v\"}\n")]
    public async Task Bad_requests_get_an_error_and_change_nothing(string text)
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        Assert.StartsWith("{\"ok\":false,\"error\":\"", await ControlFixture.SendAsync(host, text));
        Assert.Empty(role.Requests);
        Assert.Single((await fixture.Client.SurveyAsync(default)).Volumes);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_off_at_the_limit()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        byte[] endless = new byte[64 << 20];
        endless.AsSpan().Fill((byte)' ');
        long before = GC.GetTotalAllocatedBytes();
        string answer = await ControlFixture.SendAsync(host, endless);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
        // A reset may swallow the answer; what must not come is success.
        Assert.True(answer.Length == 0 || answer.Contains("longer than 4096", StringComparison.Ordinal), answer);
        Assert.Single((await fixture.Client.SurveyAsync(default)).Volumes);
    }

    [Fact]
    public async Task A_line_of_exactly_the_limit_is_taken()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        string request = "{\"request\":\"rescan\",\"volume\":\"v\"}";
        Assert.StartsWith("{\"ok\":true", await ControlFixture.SendAsync(host, request.PadRight(ControlLimits.RequestBytes) + "\n"));
        Assert.StartsWith("{\"ok\":false", await ControlFixture.SendAsync(host, request.PadRight(ControlLimits.RequestBytes + 1) + "\n"));
        Assert.Equal(["rescan"], role.Requests);
    }

    [Fact]
    public async Task A_request_that_is_cut_off_before_its_line_feed_is_not_carried_out()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        byte[] whole = "{\"request\":\"stop\",\"volume\":\"v\"}\n"u8.ToArray();
        for (int cut = 0; cut < whole.Length; cut++) Assert.Equal("", await ControlFixture.SendAsync(host, whole[..cut]));
        Assert.Empty(role.Requests);
        Assert.StartsWith("{\"ok\":true", await ControlFixture.SendAsync(host, whole));
        Assert.Equal(["stop"], role.Requests);
    }

    [Fact]
    public async Task Random_and_mutated_input_never_ends_the_host_nor_a_mirror()
    {
        await using ControlFixture fixture = new();
        FakeMirrorRole role = new("v");
        ControlHost host = fixture.Host(role);
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] good = "{\"request\":\"status\",\"volume\":\"v\"}\n{\"request\":\"status\"}\n"u8.ToArray();
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. good];
            int changes = random.Next(1, 8);
            for (int c = 0; c < changes; c++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) random.NextBytes(bytes);
            foreach (string line in (await ControlFixture.SendAsync(host, bytes)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Assert.True(line.StartsWith("{\"ok\":", StringComparison.Ordinal), $"seed {seed}: {line}");
        }
        Assert.Empty(role.Requests);
        Assert.Single((await fixture.Client.SurveyAsync(default)).Volumes);
    }

    [Fact]
    public async Task Silent_connections_do_not_keep_others_out_for_good()
    {
        await using ControlFixture fixture = new();
        ControlHost host = fixture.Host(new FakeMirrorRole("v"));
        List<Socket> silent = [];
        try
        {
            for (int i = 0; i < ControlLimits.Connections + 8; i++) silent.Add(await ControlFixture.ConnectAsync(host.SocketPath));
            await Waiting.UntilAsync(() => fixture.Client.SurveyAsync(default).GetAwaiter().GetResult().Volumes.Count == 1, "the idle ones are closed after 10 s", ControlFixture.Deadline);
        }
        finally
        {
            foreach (Socket socket in silent) socket.Dispose();
        }
    }

    [Fact]
    public async Task A_role_that_fails_to_say_its_status_gives_an_error_not_silence()
    {
        await using ControlFixture fixture = new();
        fixture.Host(() => throw new InvalidOperationException("torn"));
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        Assert.Contains("torn", Assert.Single(survey.Unresponsive));
    }

    [Fact]
    public async Task A_peer_that_answers_nonsense_is_reported_and_harms_nothing()
    {
        await using ControlFixture fixture = new();
        fixture.Host(new FakeMirrorRole("good"));
        using Socket liar = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        liar.Bind(new UnixDomainSocketEndPoint(Path.Combine(fixture.Directory.Path, "client-3-liar.sock")));
        liar.Listen(5);
        Task lying = Task.Run(async () =>
        {
            using Socket peer = await liar.AcceptAsync();
            await peer.SendAsync(Encoding.UTF8.GetBytes("{\"ok\":true,\"volumes\":[{\"role\":\"king\"}]}\n"), SocketFlags.None);
        });
        ControlSurvey survey = await fixture.Client.SurveyAsync(default);
        await lying;
        Assert.Equal("good", Assert.Single(survey.Volumes).Volume);
        Assert.Contains("client-3-liar", Assert.Single(survey.Unresponsive));
    }
}
