using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;
using Mirror.Driver;
using Mirror.Driver.Taps;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>A client that runs in this process: disk, tap, connection and engine put together. What it shows is always of now.</summary>
public sealed class HostedClient : HostedMirror
{
    private readonly MirrorClient engine;
    private readonly string what;

    private HostedClient(ClientSettings settings, string volume, Secret secret, MirrorSource source, ILoggerFactory logs, TimeProvider? clock)
        : base(logs)
    {
        Connector connector = new(settings.Host, settings.Port, secret, volume, MirrorRight.Mirror);
        MirrorClientOptions options = new()
        {
            Volume = volume,
            Server = settings.Server,
            ClientId = StateFiles.ClientId(settings.StateDirectory),
            HostName = HostName(),
            SendLimit = settings.SendLimit,
            ReadLimit = settings.ReadLimit,
            MarkInterval = settings.MarkInterval,
            RescanInterval = settings.RescanInterval,
            VerifyInterval = settings.VerifyInterval,
            VerifyLimit = settings.VerifyLimit,
        };
        IDisk disk = source.Disk;
        engine = new MirrorClient(options, source, connector.ConnectAsync, logs.CreateLogger("DiskMirror.Client"), clock)
        {
            OnState = OnState,
            Boot = new BootMemory(settings.StateDirectory, volume, disk.Path),
        };
        what = $"volume {volume}, disk {disk.Path} ({disk.Identity.Text}), server {settings.Server}";
        Process = new MirrorProcess { Role = MirrorRole.Client, Name = volume, Place = disk.Path, EndPoint = settings.Server, Since = DateTimeOffset.Now };
    }

    /// <inheritdoc/>
    public override MirrorProcess Process { get; }

    /// <summary>Everything that there is to know now.</summary>
    public MirrorStatus Status => engine.Status;

    /// <summary>The volume's name.</summary>
    public string Volume => Process.Name;

    /// <summary>The disk's path.</summary>
    public string Disk => Process.Place;

    /// <summary>The server as host:port.</summary>
    public string Peer => Process.EndPoint;

    /// <summary>Which end this is.</summary>
    public MirrorRole Role => MirrorRole.Client;

    /// <summary>The state; <see cref="MirrorState.NoConn"/> when it has ended.</summary>
    public MirrorState State => IsRunning ? Status.State : MirrorState.NoConn;

    /// <summary>What is to know about the disk: swap on it, or other parts of one file system elsewhere.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>What the tap delivers.</summary>
    public TapRate Rate => Status.Rate;

    /// <summary>How writes are seen.</summary>
    public TapKind? Tap => Status.Tap;

    /// <summary>The last thing that went wrong and has not healed.</summary>
    public string? LastError => Status.LastError;

    /// <summary>The command that the volume waits for.</summary>
    public string? Needs => Status.Needs;

    /// <inheritdoc/>
    internal override IReadOnlyCollection<IMirrorRole> Roles => [engine];

    private protected override string Description => what;

    /// <inheritdoc/>
    private protected override IReadOnlyCollection<IMirrorRole> ReachedRoles(Task free) => [new HostedRole(engine, free)];

    /// <summary>Opens the log that the settings name, the disk and the tap, and begins to mirror.</summary>
    /// <inheritdoc cref="Start(ClientSettings, ILoggerFactory)"/>
    public static HostedClient Start(ClientSettings settings) => Start(settings, LogSetup.Create(settings.Log));

    /// <summary>Opens the disk and the tap, and begins to mirror. Returns when the engine runs, not when it is connected.</summary>
    /// <param name="settings">What, and how.</param>
    /// <param name="logs">The log; belongs to the client from here on, also when this fails.</param>
    /// <exception cref="UsageException">A setting is wrong.</exception>
    /// <exception cref="SecretException">The secret cannot be used.</exception>
    /// <exception cref="MirrorControlException">The volume is mirrored by another client of this host, or there is no place for control.</exception>
    /// <exception cref="IOException">The disk, the tap or the client's id cannot be opened.</exception>
    public static HostedClient Start(ClientSettings settings, ILoggerFactory logs) => Start(settings, logs, null);

    /// <summary>The same by another clock, for tests.</summary>
    internal static HostedClient Start(ClientSettings settings, ILoggerFactory logs, TimeProvider? clock)
    {
        Stack<IDisposable> held = new();
        held.Push(logs);
        try
        {
            Secret secret = SecretFile.Read(settings.SecretFile);
            ControlDirectory directory = ControlDirectory.Default;
            DiskLookup found = DiskLookup.Find(settings.Disk);
            string volume = settings.VolumeChoice(secret, found.Host);
            secret = secret.ForClient(volume, MirrorRight.Mirror);
            held.Push(directory.ClaimClient(volume));
            TapOptions defaults = new() { Volume = volume, DiskPath = found.Path };
            MirrorSource source = new(defaults with
            {
                Choice = settings.Tap,
                GranuleBytes = settings.GranuleBytes,
                RingBytes = settings.RingBytes ?? defaults.RingBytes,
                RecordLimit = settings.RingRecords ?? defaults.RecordLimit,
                RunDirectory = directory.Path,
            });
            held.Push(source);
            HostedClient client = new(settings, volume, secret, source, logs, clock);
            client.Run(directory, found, held);
            return client;
        }
        catch
        {
            while (held.TryPop(out IDisposable? one)) one.Dispose();
            throw;
        }
    }

    /// <summary>Ends the client. Returns when it has ended and all that it held is free.</summary>
    /// <param name="keepTracking">Whether the tap goes on marking, so that the next start resumes without a scan.</param>
    public async Task StopAsync(bool keepTracking)
    {
        await engine.StopAsync(keepTracking, CancellationToken.None).ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the client, as <see cref="StopAsync"/> does, for shells.</summary>
    /// <param name="keepTracking">Whether the tap goes on marking.</param>
    public void Stop(bool keepTracking = true) => StopAsync(keepTracking).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override Task ShutdownAsync() => engine.StopAsync(keepTracking: true, CancellationToken.None);

    private void Run(ControlDirectory directory, DiskLookup found, Stack<IDisposable> held)
    {
        void OnNetworkChange(object? sender, EventArgs e) => engine.RetryNow();
        if (engine.Status.TapReason is { } reason) ServiceLog.LesserTap(Logger, Volume, reason);
        Begin(directory, () => engine.RunAsync(CancellationToken.None), async () =>
        {
            NetworkChange.NetworkAddressChanged -= OnNetworkChange;
            // The log is the base's: it has more to say.
            while (held.Count > 1) held.Pop().Dispose();
        });
        NetworkChange.NetworkAddressChanged += OnNetworkChange;
        Warnings = found.Warnings;
        foreach (string warning in found.Warnings)
        {
            ServiceLog.DiskWarning(Logger, warning);
            Tell(MirrorEventKind.Notice, Volume, warning);
        }
    }

    private void OnState(MirrorState before, MirrorState now) => Tell(MirrorEventKind.State, Volume, $"{before} -> {now}", engine.Status);

    private static string HostName()
    {
        string name = new([.. Environment.MachineName.Where(char.IsAscii)]);
        return name.Length <= 64 ? name : name[..64];
    }
}
