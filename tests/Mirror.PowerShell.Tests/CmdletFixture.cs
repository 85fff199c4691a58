using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.PowerShell.Tests;

/// <summary>A directory of its own, with a control directory in it in which mirrors that are fakes of this process seem to run. The environment belongs to the
/// process: tests that use this are in one collection.</summary>
public sealed class CmdletFixture : IAsyncDisposable
{
    private static readonly string[] Variables =
        [ControlDirectory.Variable, "DISKMIRROR_SERVER", "DISKMIRROR_SECRET_FILE", "DISKMIRROR_VOLUME", "DISKMIRROR_STORE", "DISKMIRROR_CONFIG"];

    private readonly Dictionary<string, string?> before = Variables.ToDictionary(v => v, Environment.GetEnvironmentVariable);
    private readonly List<ControlHost> hosts = [];

    public CmdletFixture()
    {
        Directory.CreateDirectory(Root);
        foreach (string variable in Variables) Environment.SetEnvironmentVariable(variable, null);
        Environment.SetEnvironmentVariable(ControlDirectory.Variable, Path.Combine(Root, "run"));
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "dmp-" + Guid.NewGuid().ToString("N")[..8]);

    public string File(string name) => Path.Combine(Root, name);

    public FakeMirrorRole Fake(string volume, MirrorRole role = MirrorRole.Client, IMirrorHost? host = null)
    {
        FakeMirrorRole fake = new(volume, role);
        hosts.Add(ControlHost.Start(ControlDirectory.Default, role, () => [fake], NullLogger.Instance, host));
        return fake;
    }

    /// <summary>Lets a volume seem to run.</summary>
    public void Serve(IMirrorRole role) => hosts.Add(ControlHost.Start(ControlDirectory.Default, role.Status.Role, () => [role], NullLogger.Instance));

    /// <summary>Runs a cmdlet's work as its pipeline would.</summary>
    internal static FakePipeline Run<T>(T cmdlet, Action<T> work, FakePipeline? pipeline = null) where T : MirrorCmdlet
    {
        FakePipeline used = pipeline ?? new FakePipeline();
        cmdlet.Pipeline = used;
        cmdlet.Guard(() => work(cmdlet));
        return used;
    }

    public async ValueTask DisposeAsync()
    {
        // Also after a failure.
        Hosting.HostedMirror.StopAll();
        foreach (ControlHost host in hosts) await host.DisposeAsync();
        foreach ((string variable, string? value) in before) Environment.SetEnvironmentVariable(variable, value);
        Directory.Delete(Root, recursive: true);
    }
}
