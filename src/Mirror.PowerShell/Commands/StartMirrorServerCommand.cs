using System.Management.Automation;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.PowerShell.Commands;

/// <summary>Starts a server in this session.</summary>
[Cmdlet(VerbsLifecycle.Start, "MirrorServer", SupportsShouldProcess = true)]
[OutputType(typeof(HostedServer))]
public sealed class StartMirrorServerCommand : MirrorCmdlet
{
    /// <summary>The directory that holds the volumes.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string? Store { get; set; }

    /// <summary>The address to listen on.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? ListenAddress { get; set; }

    /// <summary>The port to listen on; 0 lets the system choose.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    public int? Port { get; set; }

    /// <summary>The file with the master secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? SecretPath { get; set; }

    /// <summary>Images in other files or on block devices: NAME=IMAGE_OR_DEVICE.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? Volume { get; set; }

    /// <summary>Volumes of -Volume whose file or device may be overwritten at first contact.</summary>
    [Parameter]
    public string[]? Force { get; set; }

    /// <summary>What to call the server on this host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Name { get; set; }

    /// <summary>How many volumes may scan at the same time.</summary>
    [Parameter]
    public int? Scans { get; set; }

    /// <summary>The most memory for what has arrived and is not written, of all volumes together.</summary>
    [Parameter]
    public string? Memory { get; set; }

    /// <summary>The rule of the history of volumes that have none of their own.</summary>
    [Parameter]
    public string? Snapshots { get; set; }

    /// <summary>The file with the master secret of before, whose clients are still taken.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? FormerSecretPath { get; set; }

    /// <summary>Warn when less is free where images lie, in percent.</summary>
    [Parameter]
    [ValidateRange(0, 99)]
    public double? SpaceWarning { get; set; }

    /// <summary>Call it critical when less is free, in percent.</summary>
    [Parameter]
    [ValidateRange(0, 99)]
    public double? SpaceCritical { get; set; }

    /// <summary>The rule of archives of volumes that have no -ArchiveVolume.</summary>
    [Parameter]
    public string? Archives { get; set; }

    /// <summary>The directory that archives go into.</summary>
    [Parameter]
    public string? ArchiveDirectory { get; set; }

    /// <summary>Rules of archives of single volumes: VOLUME=RULE.</summary>
    [Parameter]
    public string[]? ArchiveVolume { get; set; }

    /// <summary>Recipients (age1...) that archives are encrypted to.</summary>
    [Parameter]
    public string[]? ArchiveRecipient { get; set; }

    /// <summary>How archives are compressed: zlib, or zlib:1 to zlib:9.</summary>
    [Parameter]
    public string? ArchiveCompress { get; set; }

    /// <summary>A configuration file for what is not given here.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? ConfigPath { get; set; }

    /// <summary>A file that the log is appended to.</summary>
    [Parameter]
    public string? LogPath { get; set; }

    /// <summary>How much is logged.</summary>
    [Parameter]
    [ValidateSet("trace", "debug", "info", "warning", "error")]
    public string? LogLevel { get; set; }

    /// <summary>Stay until the server is stopped.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    private protected override bool FailureEnds => true;

    /// <inheritdoc/>
    private protected override object? Target => Store;

    /// <inheritdoc/>
    private protected override void Process() => Start(Wait);

    /// <summary>Starts it.</summary>
    internal void Start(bool wait)
    {
        ServerSettings settings = ServerSettings.Read(new CmdletSettings()
            .With(ServerSettings.StoreKey, Full(Store)).With(ServerSettings.ListenKey, ListenAddress).With(ServerSettings.PortKey, Port).With(ServerSettings.SecretFileKey, Full(SecretPath))
            .With(ServerSettings.VolumeKey, Volume).With(ServerSettings.ForceKey, Force).With(ServerSettings.NameKey, Name).With(ServerSettings.ScansKey, Scans).With(ServerSettings.MemoryKey, Memory).With(ServerSettings.SnapshotsKey, Snapshots)
            .With(ServerSettings.FormerSecretFileKey, Full(FormerSecretPath)).With(ServerSettings.SpaceWarningKey, SpaceWarning).With(ServerSettings.SpaceCriticalKey, SpaceCritical)
            .With(ServerSettings.ArchivesKey, Archives).With(ServerSettings.ArchiveDirectoryKey, Full(ArchiveDirectory)).With(ServerSettings.ArchiveVolumeKey, ArchiveVolume)
            .With(ServerSettings.ArchiveRecipientKey, ArchiveRecipient).With(ServerSettings.ArchiveCompressKey, ArchiveCompress)
            .With(LogSettings.PathKey, Full(LogPath)).With(LogSettings.LevelKey, LogLevel).Server(Full(ConfigPath)));
        if (!Pipeline.ShouldProcess($"store {settings.Options.StoreDirectory}", $"Listen on {settings.Options.Listen}")) return;
        HostedServer server = Run(_ => HostedServer.StartAsync(settings));
        Pipeline.Verbose($"{server.Name}: store {server.Store}, listening on {server.EndPoint}");
        if (wait) StayWith(server);
        else Pipeline.Object(server);
    }
}
