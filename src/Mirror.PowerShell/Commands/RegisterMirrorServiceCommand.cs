using System.Collections;
using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Hosting;
using Mirror.Hosting.Settings;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Lets systemd run a client or server at each boot.</summary>
[Cmdlet(VerbsLifecycle.Register, "MirrorService", DefaultParameterSetName = ClientSet, SupportsShouldProcess = true)]
[OutputType(typeof(MirrorService))]
public sealed class RegisterMirrorServiceCommand : MirrorCmdlet
{
    private const string ClientSet = "Client";
    private const string ServerSet = "Server";

    /// <summary>The disk or partition of a client: a number of Get-MirrorDisk, a kernel name or a path.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ClientSet, ValueFromPipelineByPropertyName = true)]
    [Alias("Path")]
    [ArgumentCompleter(typeof(DiskCompleter))]
    public string? Disk { get; set; }

    /// <summary>The server of a client, with or without its port.</summary>
    [Parameter(Position = 1, ParameterSetName = ClientSet)]
    public string? Server { get; set; }

    /// <summary>The directory that holds a server's volumes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ServerSet)]
    public string? Store { get; set; }

    /// <summary>The address that a server listens on.</summary>
    [Parameter(ParameterSetName = ServerSet)]
    public string? ListenAddress { get; set; }

    /// <summary>The port: the server's, or the one to listen on.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int? Port { get; set; }

    /// <summary>A client's volume; of a server, images in other places: NAME=IMAGE_OR_DEVICE.</summary>
    [Parameter]
    public string[]? Volume { get; set; }

    /// <summary>The file with the secret, where services can read it.</summary>
    [Parameter]
    public string? SecretPath { get; set; }

    /// <summary>Further settings, by the keys of configuration files.</summary>
    [Parameter]
    public Hashtable? Setting { get; set; }

    /// <summary>A configuration file for what is not given here.</summary>
    [Parameter]
    public string? ConfigPath { get; set; }

    /// <summary>The service's own name.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>The program that the service runs.</summary>
    [Parameter]
    public string? Program { get; set; }

    /// <summary>The root directory of a host that is being built.</summary>
    [Parameter]
    public string Root { get; set; } = "/";

    /// <summary>Start it now, too.</summary>
    [Parameter]
    public SwitchParameter Start { get; set; }

    /// <summary>Replace a configuration that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool FailureEnds => true;

    /// <inheritdoc/>
    private protected override object? Target => Disk ?? Store;

    /// <inheritdoc/>
    private protected override void Process() => Register(Start, Force);

    /// <summary>Registers it.</summary>
    internal void Register(bool start, bool force)
    {
        MirrorRole role = Store is null ? MirrorRole.Client : MirrorRole.Server;
        CmdletSettings given = new();
        foreach (DictionaryEntry one in Setting ?? [])
        {
            SettingKey key = (role == MirrorRole.Client ? ClientSettings.Keys : ServerSettings.Keys).FirstOrDefault(k => k.Name == one.Key.ToString())
                ?? throw new UsageException($"-Setting: the key '{one.Key}' is not known.");
            if (one.Value is IFormattable number) given.With(key, number);
            else given.With(key, one.Value is IEnumerable many and not string ? [.. many.Cast<object>().Select(v => v.ToString())] : [one.Value?.ToString()]);
        }
        string? disk = Disk is not null && Disk.Contains('/', StringComparison.Ordinal) ? Pipeline.FullPath(Disk) : Disk;
        SettingSource source = role == MirrorRole.Client
            ? given.With(ClientSettings.DiskKey, disk).With(ClientSettings.ServerKey, Server).With(ClientSettings.PortKey, Port).With(ClientSettings.VolumeKey, Volume)
                .With(ClientSettings.SecretFileKey, Full(SecretPath)).Client(Full(ConfigPath))
            : given.With(ServerSettings.StoreKey, Full(Store)).With(ServerSettings.ListenKey, ListenAddress).With(ServerSettings.PortKey, Port).With(ServerSettings.VolumeKey, Volume)
                .With(ServerSettings.SecretFileKey, Full(SecretPath)).Server(Full(ConfigPath));
        if (!Pipeline.ShouldProcess($"{(role == MirrorRole.Client ? "client of disk " + disk : "server with store " + Store)}", "Register as a systemd service")) return;
        ServiceRequest request = new() { Role = role, Name = Name, Settings = source, Program = Full(Program), Root = Pipeline.FullPath(Root), Replace = force, Start = start };
        Pipeline.Object(Run(_ => Task.FromResult(ServiceRegistry.Register(request))));
    }
}
