using System.Net;
using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Server;
using Mirror.Core.Store;
using Mirror.Driver.Images;
using Mirror.Hosting.Archives;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting;

/// <summary>A server that runs in this process: store, listener and volumes put together. What it shows is always of now.</summary>
public sealed class HostedServer : HostedMirror, IStoreHost
{
    private readonly MirrorServer engine;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArchiveSchedule? archives;
    private int stopping;

    private HostedServer(ServerSettings settings, MirrorServer engine, ILoggerFactory logs)
        : base(logs)
    {
        this.engine = engine;
        if (settings.Archives is { } plan) archives = new ArchiveSchedule(plan, () => engine.Volumes, TimeProvider.System, logs.CreateLogger("DiskMirror.Archives"));
        Store = settings.Options.StoreDirectory;
        Process = new MirrorProcess { Role = MirrorRole.Server, Name = settings.Name, Place = Store, EndPoint = engine.EndPoint.ToString(), Since = DateTimeOffset.Now };
    }

    /// <inheritdoc/>
    public override MirrorProcess Process { get; }

    /// <summary>What it is called on this host.</summary>
    public string Name => Process.Name;

    /// <summary>The directory of the volumes.</summary>
    public string Store { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => engine.EndPoint;

    /// <summary>The volumes, by name, as they are now.</summary>
    public IReadOnlyList<MirrorStatus> Volumes => [.. Roles.Select(r => r.Status)];

    /// <inheritdoc/>
    internal override IReadOnlyCollection<IMirrorRole> Roles => engine.Volumes;

    private protected override string Description => $"store {Store}, listening on {EndPoint}";

    /// <summary>Opens the log that the settings name, the store, and listens.</summary>
    /// <inheritdoc cref="StartAsync(ServerSettings, ILoggerFactory)"/>
    public static Task<HostedServer> StartAsync(ServerSettings settings) => StartAsync(settings, LogSetup.Create(settings.Log));

    /// <summary>Opens the store and listens.</summary>
    /// <param name="settings">What, and how.</param>
    /// <param name="logs">The log; belongs to the server from here on, also when this fails.</param>
    /// <exception cref="MirrorControlException">There is no place for control.</exception>
    /// <exception cref="IOException">The store or the address cannot be used.</exception>
    public static Task<HostedServer> StartAsync(ServerSettings settings, ILoggerFactory logs) => StartAsync(settings, logs, new ImageFiles(), null);

    /// <summary>The same on other storage and by another clock, for tests.</summary>
    internal static async Task<HostedServer> StartAsync(ServerSettings settings, ILoggerFactory logs, IImageFiles files, TimeProvider? clock)
    {
        MirrorServer? engine = null;
        try
        {
            ControlDirectory directory = ControlDirectory.Default;
            directory.Create();
            engine = await MirrorServer.StartAsync(settings.Options, files, new StorePlace(), logs.CreateLogger("DiskMirror.Server"), clock).ConfigureAwait(false);
            HostedServer server = new(settings, engine, logs);
            server.Begin(directory, () => server.stopped.Task, () => ValueTask.CompletedTask);
            server.archives?.Start();
            return server;
        }
        catch
        {
            if (engine is not null) await engine.DisposeAsync().ConfigureAwait(false);
            logs.Dispose();
            throw;
        }
    }

    /// <summary>Ends the server: tells the clients, lets what was received reach the images. Returns when it has ended and all that it held is free.</summary>
    public async Task StopAsync()
    {
        await ShutdownAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the server, as <see cref="StopAsync"/> does, for shells.</summary>
    public void Stop() => StopAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    Task IStoreHost.RenameVolumeAsync(string volume, string to, CancellationToken cancellation) => engine.RenameVolumeAsync(volume, to).WaitAsync(cancellation);

    /// <inheritdoc/>
    Task<DeletedVolume> IStoreHost.DeleteVolumeAsync(string volume, TimeSpan minimumAge, CancellationToken cancellation) => engine.DeleteVolumeAsync(volume, minimumAge).WaitAsync(cancellation);

    /// <inheritdoc/>
    Task<string> IStoreHost.ReleaseVolumeAsync(string volume, CancellationToken cancellation) => engine.ReleaseVolumeAsync(volume).WaitAsync(cancellation);

    /// <inheritdoc/>
    Task IStoreHost.TakeVolumeAsync(string volume, CancellationToken cancellation) => engine.TakeVolumeAsync(volume).WaitAsync(cancellation);

    /// <inheritdoc/>
    public override async Task ShutdownAsync()
    {
        if (Interlocked.Exchange(ref stopping, 1) == 0)
        {
            try
            {
                if (archives is not null) await archives.DisposeAsync().ConfigureAwait(false);
                await engine.DisposeAsync().ConfigureAwait(false);
                stopped.SetResult();
            }
            catch (Exception e)
            {
                stopped.SetException(e);
            }
        }
        await stopped.Task.ConfigureAwait(false);
    }
}
