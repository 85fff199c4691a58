using System.Management.Automation;
using Mirror.Hosting;
using Mirror.Hosting.Settings;
using Mirror.PowerShell.Completion;

namespace Mirror.PowerShell.Commands;

/// <summary>Mirrors a disk in this session.</summary>
[Cmdlet(VerbsLifecycle.Start, "MirrorClient", SupportsShouldProcess = true)]
[OutputType(typeof(HostedClient))]
public sealed class StartMirrorClientCommand : MirrorCmdlet
{
    /// <summary>The disk or partition: a number of Get-MirrorDisk, a kernel name or a path.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Path")]
    [ArgumentCompleter(typeof(DiskCompleter))]
    public string? Disk { get; set; }

    /// <summary>The server, with or without its port.</summary>
    [Parameter(Position = 1)]
    public string? Server { get; set; }

    /// <summary>The server's port.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int? Port { get; set; }

    /// <summary>The volume's name at the server.</summary>
    [Parameter(Position = 2)]
    public string? Volume { get; set; }

    /// <summary>The file with the volume's secret, or with the master.</summary>
    [Parameter]
    public string? SecretPath { get; set; }

    /// <summary>How writes are seen.</summary>
    [Parameter]
    [ValidateSet("auto", "ebpf", "rescan-only")]
    public string? Tap { get; set; }

    /// <summary>Bytes a second that are sent at most.</summary>
    [Parameter]
    public string? SendLimit { get; set; }

    /// <summary>Bytes a second that are read from the disk at most.</summary>
    [Parameter]
    public string? ReadLimit { get; set; }

    /// <summary>Bytes that one dirty bit stands for.</summary>
    [Parameter]
    public string? Granule { get; set; }

    /// <summary>Seconds between marks.</summary>
    [Parameter]
    public double? MarkInterval { get; set; }

    /// <summary>Seconds between scans of a disk whose writes cannot be seen.</summary>
    [Parameter]
    public double? RescanInterval { get; set; }

    /// <summary>Seconds between verifies of a mirror that is Live.</summary>
    [Parameter]
    public double? VerifyInterval { get; set; }

    /// <summary>Bytes a second that such a verify reads.</summary>
    [Parameter]
    public string? VerifyLimit { get; set; }

    /// <summary>Bytes of kernel memory for writes that wait to be sent.</summary>
    [Parameter]
    public string? Ring { get; set; }

    /// <summary>How many writes without data may wait.</summary>
    [Parameter]
    public int? RingRecords { get; set; }

    /// <summary>The directory where this client keeps its id.</summary>
    [Parameter]
    public string? StateDirectory { get; set; }

    /// <summary>A configuration file for what is not given here.</summary>
    [Parameter]
    public string? ConfigPath { get; set; }

    /// <summary>A file that the log is appended to.</summary>
    [Parameter]
    public string? LogPath { get; set; }

    /// <summary>How much is logged.</summary>
    [Parameter]
    [ValidateSet("trace", "debug", "info", "warning", "error")]
    public string? LogLevel { get; set; }

    /// <summary>Stay until the client is stopped.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    private protected override bool FailureEnds => true;

    /// <inheritdoc/>
    private protected override object? Target => Disk;

    /// <inheritdoc/>
    private protected override void Process() => Start(Wait);

    /// <summary>Starts it.</summary>
    internal void Start(bool wait)
    {
        string? disk = Disk is not null && Disk.Contains('/', StringComparison.Ordinal) ? Pipeline.FullPath(Disk) : Disk;
        ClientSettings settings = ClientSettings.Read(new CmdletSettings()
            .With(ClientSettings.DiskKey, disk).With(ClientSettings.ServerKey, Server).With(ClientSettings.PortKey, Port).With(ClientSettings.VolumeKey, Volume)
            .With(ClientSettings.SecretFileKey, Full(SecretPath)).With(ClientSettings.TapKey, Tap).With(ClientSettings.LimitKey, SendLimit).With(ClientSettings.ReadLimitKey, ReadLimit)
            .With(ClientSettings.GranuleKey, Granule).With(ClientSettings.MarkIntervalKey, MarkInterval).With(ClientSettings.RescanIntervalKey, RescanInterval)
            .With(ClientSettings.VerifyIntervalKey, VerifyInterval).With(ClientSettings.VerifyLimitKey, VerifyLimit).With(ClientSettings.RingKey, Ring).With(ClientSettings.RingRecordsKey, RingRecords).With(ClientSettings.StateDirectoryKey, Full(StateDirectory))
            .With(LogSettings.PathKey, Full(LogPath)).With(LogSettings.LevelKey, LogLevel).Client(Full(ConfigPath)));
        if (!Pipeline.ShouldProcess($"disk {settings.Disk}", $"Mirror to {settings.Server}")) return;
        HostedClient client = Run(_ => Task.FromResult(HostedClient.Start(settings)));
        Pipeline.Verbose($"{client.Volume}: mirroring {client.Disk} to {client.Peer}");
        if (wait)
        {
            StayWith(client);
            return;
        }
        // While the cmdlet runs, its pipeline can be told; later, the object's events and status are there.
        if (client.Status.TapReason is { } reason) Pipeline.Warning($"{client.Volume}: {reason}");
        foreach (string warning in client.Warnings) Pipeline.Warning($"{client.Volume}: {warning}");
        Pipeline.Object(client);
    }
}
