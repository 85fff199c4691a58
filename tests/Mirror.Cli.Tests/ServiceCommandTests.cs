using System.Text.Json;
using System.Text.RegularExpressions;

namespace Mirror.Cli.Tests;

/// <summary>Server and client as an administrator starts them: the real program, twice, over loopback. A plain file stands for the disk.</summary>
public sealed partial class ServiceCommandTests
{
    private const int Mebi = 1 << 20;

    [SkippableFact]
    public async Task A_file_is_mirrored_by_two_processes_that_end_cleanly_on_their_signals()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Direct reads are made for Linux.");
        await using CliFixture fixture = new();
        byte[] content = new byte[5 * Mebi];
        new Random(7).NextBytes(content.AsSpan(Mebi, 2 * Mebi));
        await File.WriteAllBytesAsync(fixture.File("disk"), content);
        await fixture.DiskmirrorAsync("secret", "new", "--out", fixture.File("master"));
        // All of the server's options from its file, and one of the client's from the command line over what its file says.
        await File.WriteAllTextAsync(fixture.File("server.conf"), $"store = {fixture.File("store")}\nlisten = 127.0.0.1:0\nsecret-file = {fixture.File("master")}\n");
        using DiskmirrorProcess server = DiskmirrorProcess.Start(fixture.Run, null, "server", "--config", fixture.File("server.conf"));
        // The port that the server has, not one that was free a moment ago.
        await Waiting.UntilAsync(() => server.HasExited || Listening().IsMatch(server.Error), () => server.Error);
        string address = Listening().Match(server.Error).Groups[1].Value;
        await File.WriteAllTextAsync(fixture.File("client.conf"), $"""
            disk = {fixture.File("disk")}
            server = {address}
            volume = not-this-one
            secret-file = {fixture.File("master")}
            state-dir = {fixture.File("state")}
            tap = rescan-only
            limit = 100M
            """);
        using DiskmirrorProcess client = DiskmirrorProcess.Start(fixture.Run, null, "client", "--config", fixture.File("client.conf"), "--volume", "home");
        string image = fixture.File("store/home/image");
        JsonElement status = default;
        await Waiting.UntilAsync(() =>
        {
            if (client.HasExited || server.HasExited) Assert.Fail(server.Error + client.Error);
            status = fixture.StatusAsync("home").GetAwaiter().GetResult();
            return status.ValueKind == JsonValueKind.Object && status.GetProperty("committedMark").GetInt64() > 0 && status.GetProperty("state").GetString() == "Live";
        }, () => $"{status}\n{server.Error}\n{client.Error}");
        Assert.Equal("rescan-only", status.GetProperty("tap").GetString());
        Assert.Equal(content.Length, status.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(content, await ReadAsync(image));

        // The same volume a second time, on the same host.
        (int code, string output, string error) = await fixture.DiskmirrorAsync("client", "--config", fixture.File("client.conf"), "--volume", "home");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("already mirrored", error);

        client.Signal(15);
        Assert.Equal(0, await client.ExitAsync());
        server.Signal(2);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal("", client.Output + server.Output);
        Assert.Empty(Directory.GetFiles(fixture.Run, "*.sock"));
    }

    [SkippableFact]
    public async Task Stop_ends_the_client_and_it_exits_with_success()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Direct reads are made for Linux.");
        await using CliFixture fixture = new();
        await File.WriteAllBytesAsync(fixture.File("disk"), new byte[Mebi]);
        await fixture.DiskmirrorAsync("secret", "new", "--out", fixture.File("master"));
        using DiskmirrorProcess client = DiskmirrorProcess.Start(fixture.Run, null, "client", "--disk", fixture.File("disk"), "--server", CliFixture.FreeAddress(),
            "--volume", "home", "--secret-file", fixture.File("master"), "--state-dir", fixture.File("state"), "--tap", "rescan-only");
        await Waiting.UntilAsync(() => fixture.StatusAsync("home").GetAwaiter().GetResult().ValueKind == JsonValueKind.Object, () => client.Error);
        Assert.Equal(2, (await fixture.DiskmirrorAsync("check", "home")).Code);
        Assert.Equal((0, "", ""), await fixture.DiskmirrorAsync("stop", "home"));
        Assert.Equal(0, await client.ExitAsync());
    }

    [SkippableFact]
    public async Task Systemd_hears_that_the_service_is_ready_alive_and_stopping()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "systemd is on Linux.");
        await using CliFixture fixture = new();
        await fixture.DiskmirrorAsync("secret", "new", "--out", fixture.File("master"));
        using System.Net.Sockets.Socket systemd = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified)
        {
            ReceiveTimeout = 60_000,
        };
        systemd.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(fixture.File("notify")));
        Dictionary<string, string> environment = new() { ["NOTIFY_SOCKET"] = fixture.File("notify"), ["WATCHDOG_USEC"] = "1000000" };
        using DiskmirrorProcess server = DiskmirrorProcess.Start(fixture.Run, environment, "server", "--store", fixture.File("store"), "--listen", "127.0.0.1:0", "--secret-file", fixture.File("master"));
        byte[] buffer = new byte[4096];
        List<string> heard = [];
        while (heard.Count(h => h == "WATCHDOG=1") < 3) heard.Add(System.Text.Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)));
        Assert.Equal("READY=1", heard[0]);
        Assert.Contains("STATUS=No volume yet", heard);
        server.Signal(15);
        Assert.Equal(0, await server.ExitAsync());
        while (heard[^1] != "STOPPING=1") heard.Add(System.Text.Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)));
    }

    [Theory]
    [InlineData("client --server h:1 --volume v --secret-file SECRET", "--disk is missing")]
    [InlineData("client --disk /dev/null --server h --volume v --secret-file SECRET", "'h'")]
    [InlineData("client --disk /dev/null --server h:0 --volume v --secret-file SECRET", "'h:0'")]
    [InlineData("client --disk /dev/null --server ::1:5 --volume v --secret-file SECRET", "'::1:5'")]
    [InlineData("client --disk /dev/null --server h:1 --volume ../v --secret-file SECRET", "'../v'")]
    [InlineData("client --disk /dev/null --server h:1 --volume v --secret-file SECRET --tap best", "--tap: 'best'")]
    [InlineData("client --disk /dev/null --server h:1 --volume v --secret-file SECRET --limit fast", "--limit: 'fast'")]
    [InlineData("client --disk /dev/null --server h:1 --volume v --secret-file SECRET --limit 1K", "--limit")]
    [InlineData("client --disk /dev/null --server h:1 --volume v --secret-file SECRET --granule 5000", "--granule")]
    [InlineData("client --disk /dev/null --server h:1 --volume v --secret-file SECRET --log-level loud", "'loud'")]
    [InlineData("client --config /does/not/exist.conf", "/does/not/exist.conf")]
    [InlineData("server --listen 127.0.0.1:0 --secret-file SECRET", "--store is missing")]
    [InlineData("server --store /tmp/x --listen 127.0.0.1 --secret-file SECRET", "'127.0.0.1'")]
    [InlineData("server --store /tmp/x --listen ::1 --secret-file SECRET", "'::1'")]
    [InlineData("server --store /tmp/x --listen 127.0.0.1:0 --secret-file SECRET --volume home", "'home'")]
    [InlineData("server --store /tmp/x --listen 127.0.0.1:0 --secret-file SECRET --volume a=/x --volume a=/y", "volume a")]
    [InlineData("server --store /tmp/x --listen 127.0.0.1:0 --secret-file SECRET --force b", "--volume b")]
    [InlineData("server --store /tmp/x --listen 127.0.0.1:0 --secret-file CLIENT", "master")]
    public async Task Wrong_options_are_refused_by_name_before_anything_is_touched(string line, string expected)
    {
        await using CliFixture fixture = new();
        await fixture.DiskmirrorAsync("secret", "new", "--out", fixture.File("master"));
        await fixture.DiskmirrorAsync("secret", "derive", "--secret-file", fixture.File("master"), "--volume", "v", "--right", "mirror", "--out", fixture.File("client"));
        string[] arguments = line.Replace("SECRET", fixture.File("master"), StringComparison.Ordinal).Replace("CLIENT", fixture.File("client"), StringComparison.Ordinal).Split(' ');
        (int code, string output, string error) = await fixture.DiskmirrorAsync(arguments);
        Assert.Equal((64, ""), (code, output));
        Assert.Contains(expected, error);
    }

    [Fact]
    public async Task A_wrong_line_in_a_configuration_is_told_with_file_and_line()
    {
        await using CliFixture fixture = new();
        string file = fixture.File("client.conf");
        await File.WriteAllTextAsync(file, "# mine\ndisk = /dev/null\nlimmit = 5\n");
        (int code, _, string error) = await fixture.DiskmirrorAsync("client", "--config", file);
        Assert.Equal(64, code);
        Assert.Contains($"{file}:3: the key 'limmit'", error);
        await File.WriteAllTextAsync(file, "disk = /dev/null\nserver = h:1\nvolume = v\nsecret-file = /x\nlimit = quick\n");
        (code, _, error) = await fixture.DiskmirrorAsync("client", "--config", file);
        Assert.Equal(64, code);
        Assert.Contains($"{file}:5: 'quick'", error);
    }

    [SkippableFact]
    public async Task A_disk_that_is_not_there_is_named_with_those_that_are()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The listing of disks is made for Linux.");
        await using CliFixture fixture = new();
        await fixture.DiskmirrorAsync("secret", "new", "--out", fixture.File("master"));
        (int code, string output, string error) = await fixture.DiskmirrorAsync("client", "--disk", "9999", "--server", "h:1", "--volume", "v", "--secret-file", fixture.File("master"));
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("9999", error);
    }

    [SkippableFact]
    public async Task Disks_are_listed_for_people_and_for_scripts()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The listing of disks is made for Linux.");
        await using CliFixture fixture = new();
        (int code, string output, string error) = await fixture.DiskmirrorAsync("disks", "--json");
        Assert.Equal((0, ""), (code, error));
        foreach (JsonElement disk in JsonDocument.Parse(output).RootElement.EnumerateArray())
            foreach (string field in (string[])["number", "path", "sizeBytes", "model", "serial", "uses"]) Assert.True(disk.TryGetProperty(field, out _), field);
        Assert.Equal(0, (await fixture.DiskmirrorAsync("disks")).Code);
    }

    [GeneratedRegex(@"Listening on (\S+:\d+)")]
    private static partial Regex Listening();

    private static async Task<byte[]> ReadAsync(string image)
    {
        // cp asks for no lock; the server holds one.
        string copy = image + ".copy";
        using System.Diagnostics.Process cp = System.Diagnostics.Process.Start("cp", [image, copy]);
        await cp.WaitForExitAsync();
        return await File.ReadAllBytesAsync(copy);
    }
}
