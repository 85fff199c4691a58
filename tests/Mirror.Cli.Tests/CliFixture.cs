using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.Cli.Tests;

/// <summary>A directory of its own, with a control directory in it in which mirrors that are fakes of this process seem to run.</summary>
internal sealed class CliFixture : IAsyncDisposable
{
    private readonly List<ControlHost> hosts = [];

    public CliFixture() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "dmt-" + Guid.NewGuid().ToString("N")[..8]);

    public string Run => Path.Combine(Root, "run");

    public string File(string name) => Path.Combine(Root, name);

    public FakeMirrorRole Fake(string volume, MirrorRole role = MirrorRole.Client)
    {
        FakeMirrorRole fake = new(volume, role);
        hosts.Add(ControlHost.Start(new ControlDirectory(Run), role, () => [fake], NullLogger.Instance));
        return fake;
    }

    public Task<(int Code, string Output, string Error)> DiskmirrorAsync(params string[] arguments) => DiskmirrorProcess.RunAsync(Run, arguments);

    /// <summary>A loopback address with a port that is free now.</summary>
    public static string FreeAddress()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }

    /// <summary>The status of a volume's client as <c>status --json</c> prints it; undefined while there is none.</summary>
    public async Task<System.Text.Json.JsonElement> StatusAsync(string volume)
    {
        (int code, string output, string error) = await DiskmirrorAsync("status", "--json");
        Assert.True(code == 0, error);
        return System.Text.Json.JsonDocument.Parse(output).RootElement.EnumerateArray()
            .FirstOrDefault(s => s.GetProperty("role").GetString() == "client" && s.GetProperty("volume").GetString() == volume);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ControlHost host in hosts) await host.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
