using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>The server: one listener, many volumes. A volume begins with its first client that proves the secret for it.</summary>
public sealed class MirrorServer : IAsyncDisposable
{
    private const int GoneRetrySeconds = 60;

    private readonly MirrorServerOptions _options;
    private readonly VolumeLimits _limits;
    private readonly IImageFiles _files;
    private readonly IStorePlace? _place;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Admission _scans;
    private readonly Admission _restores;
    private readonly PayloadBudget _memory;
    private readonly ConcurrentDictionary<string, ServerVolume> _volumes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _clones = new(1, 1);
    private readonly VolumeLife _life;
    private readonly SpaceWatch _space;
    private readonly Lock _opening = new();
    private TagRefresh? _refresh;
    private Listener? _listener;
    private bool _stopped;      // guarded by _opening
    private int _disposed;

    private MirrorServer(MirrorServerOptions options, IImageFiles files, IStorePlace? place, VolumeLimits? limits, TimeProvider? clock, ILogger? logger)
    {
        _options = options;
        _files = files;
        _place = place;
        _limits = limits ?? new VolumeLimits();
        _clock = clock ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _scans = new Admission(options.ScansAtOnce);
        _restores = new Admission(options.RestoresAtOnce);
        int buffers = (int)Math.Clamp(options.MemoryBytes / WireLimits.MaxPayloadBytes, 1, int.MaxValue);
        _memory = new PayloadBudget(buffers, kept: buffers / 4);
        _space = new SpaceWatch(files, options, _limits, _clock, _logger);
        _life = new VolumeLife(options, files, _volumes, Volume, _clock, _logger);
    }

    /// <summary>The server's own id, made at its first start and kept in the store.</summary>
    public Guid Id { get; private set; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _listener?.EndPoint ?? _options.Listen;

    /// <summary>Every volume that is known or has been asked for, by name.</summary>
    public IReadOnlyCollection<IMirrorRole> Volumes => [.. _volumes.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => v.Value)];

    /// <inheritdoc cref="IStoreHost.RenameVolumeAsync"/>
    public Task RenameVolumeAsync(string volume, string to) => _life.RenameAsync(volume, to);

    /// <inheritdoc cref="IStoreHost.DeleteVolumeAsync"/>
    public Task<DeletedVolume> DeleteVolumeAsync(string volume, TimeSpan minimumAge) => _life.DeleteAsync(volume, minimumAge);

    /// <inheritdoc cref="IStoreHost.ReleaseVolumeAsync"/>
    public Task<string> ReleaseVolumeAsync(string volume) => _life.ReleaseAsync(volume);

    /// <inheritdoc cref="IStoreHost.TakeVolumeAsync"/>
    public Task TakeVolumeAsync(string volume) => _life.TakeAsync(volume);

    /// <summary>Opens the store and begins to listen.</summary>
    /// <param name="options">What the administrator wants.</param>
    /// <param name="files">The store's files.</param>
    /// <param name="place">Knows on which disk the store lies; null when that cannot be told.</param>
    /// <param name="logger">For the log.</param>
    /// <param name="clock">The time; the system's by default.</param>
    /// <exception cref="IOException">The store or the address cannot be used.</exception>
    public static Task<MirrorServer> StartAsync(MirrorServerOptions options, IImageFiles files, IStorePlace? place, ILogger? logger = null, TimeProvider? clock = null) =>
        StartAsync(options, files, place, null, clock, logger);

    internal static async Task<MirrorServer> StartAsync(MirrorServerOptions options, IImageFiles files, IStorePlace? place, VolumeLimits? limits, TimeProvider? clock, ILogger? logger)
    {
        foreach (string name in options.Volumes.Keys) VolumeName.Require(name);
        var server = new MirrorServer(options, files, place, limits, clock, logger);
        try
        {
            IEnumerable<string> known = await StoreWork.Run(server.OpenStore).ConfigureAwait(false);
            await Task.WhenAll(known.Select(name => server.Volume(name)!.OpenAsync())).ConfigureAwait(false);
            ServerLog.Started(server._logger, server.Id, options.StoreDirectory, server._volumes.Count);
            server._refresh = new TagRefresh(() => server._volumes.Values, () => server._scans.IsIdle && server._restores.IsIdle, server._limits.TagRound);
            var handshake = new ServerHandshake(options.Master, ServerCertificate.Create(), former: options.FormerMaster);
            server._listener = new Listener(options.Listen, handshake, (connection, stopping) => server.ServeAsync(new ProvedConnection(connection), stopping), server._logger, clock: clock);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Refuses newcomers, tells every client that the server stops, lets what was received reach the images, and closes them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        ServerLog.Stopping(_logger);
        lock (_opening) _stopped = true;
        await _space.DisposeAsync().ConfigureAwait(false);
        _refresh?.Dispose();
        await Task.WhenAll(_volumes.Values.Select(v => v.DisposeAsync().AsTask())).ConfigureAwait(false);
        try
        {
            if (_listener is not null) await _listener.DisposeAsync().AsTask().WaitAsync(_limits.Fence, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A store that hangs: its thread is in the background, and what was not committed is sent again.
            ServerLog.Hanging(_logger, _limits.Fence.TotalSeconds);
        }
        ServerLog.Stopped(_logger);
    }

    /// <summary>Serves one proved connection; it is disposed by the caller.</summary>
    internal async Task ServeAsync(IVolumeConnection connection, CancellationToken stopping = default)
    {
        RefusalException refusal;
        if (_life.Gone.Find(connection.Volume) is { } gone && !_volumes.ContainsKey(connection.Volume))
        {
            refusal = new RefusalException(RefusalCode.NotFound, gone.Text, GoneRetrySeconds);
        }
        else if (connection.Right == MirrorRight.Mirror)
        {
            if (Volume(connection.Volume) is { } volume)
            {
                await volume.ServeAsync(connection, stopping).ConfigureAwait(false);
                return;
            }
            refusal = new RefusalException(RefusalCode.ShuttingDown, "The server is stopping.", _limits.StoreRetrySeconds);
        }
        else
        {
            // A restore begins no volume.
            if (_volumes.TryGetValue(connection.Volume, out ServerVolume? known))
            {
                await known.Restores.ServeAsync(connection, stopping).ConfigureAwait(false);
                return;
            }
            refusal = new RefusalException(RefusalCode.NotFound, $"Volume {connection.Volume}: there is none of this name.");
        }
        VolumeLog.Refused(_logger, connection.Peer, refusal.Code, refusal.Message);
        await new ReplyLane(connection, _clock).EndAsync(Intake.Refused(refusal), _limits.Goodbye).ConfigureAwait(false);
        await connection.FinishAsync(_limits.Goodbye).ConfigureAwait(false);
    }

    /// <summary>What all volumes hold of payloads.</summary>
    internal PayloadBudget Memory => _memory;

    /// <summary>How many restores read a volume now.</summary>
    internal int RestoresUnderWay(string volume) => _volumes.TryGetValue(volume, out ServerVolume? known) ? known.Restores.Count : 0;

    private ServerVolume? Volume(string name)
    {
        if (_volumes.TryGetValue(name, out ServerVolume? known)) return known;
        lock (_opening)
        {
            if (_stopped) return null;
            return _volumes.GetOrAdd(name, n =>
            {
                VolumePlacement? placement = _options.Volumes.GetValueOrDefault(n);
                var places = new VolumeFiles(_options.StoreDirectory, n, placement?.Image);
                var store = new VolumeStore(n, places, _files, _place, placement?.Force ?? false, _limits, _clock, _logger);
                return new ServerVolume(n, Id, store, _scans, _restores, _memory, new VolumeHistory(n, store, _options.Snapshots, _clones, _limits, _clock, _logger), _limits, _clock, _logger, _space);
            });
        }
    }

    /// <summary>Reads or makes the server's id, and finds the volumes that have begun.</summary>
    private string[] OpenStore()
    {
        _files.CreateDirectory(_options.StoreDirectory);
        string path = Path.Combine(_options.StoreDirectory, "server-id");
        byte[]? text = _files.ReadSmall(path, 256);
        if (text is null)
        {
            Id = Guid.NewGuid();
            _files.ReplaceSmall(path, Encoding.ASCII.GetBytes($"{Id:D}\n"));
        }
        else
        {
            Id = Guid.TryParse(Encoding.ASCII.GetString(text).Trim(), out Guid id) ? id : throw new StoreUnusableException(
                $"{path} does not hold the server's id. Put it back from a backup, or remove it: clients then see another server, and nothing else changes.");
        }
        _life.Finish();
        IEnumerable<string> begun = _files.Directories(_options.StoreDirectory)
            .Where(d => VolumeName.IsValid(d) && _life.Gone.Find(d) is null && _files.Exists(new VolumeFiles(_options.StoreDirectory, d, null).Record));
        return [.. begun.Union(_options.Volumes.Keys.Where(v => _life.Gone.Find(v) is null), StringComparer.Ordinal)];
    }
}
