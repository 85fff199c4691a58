using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// One volume of a server: admits connections, one at a time, and keeps what outlives them. Nothing of it is shared with other volumes but
/// <see cref="Admission"/> and <see cref="PayloadBudget"/>, of which each has its part whatever the others do, so neither its faults nor its slowness reach them.
///
/// <para>Locks: <see cref="_turn"/> is held while a connection takes over or leaves, and while the volume stops; <see cref="_lock"/> guards the fields
/// that status shows and is held for moments. Order: turn, then lock. The durable side (<see cref="VolumeStore"/>) has its own.</para>
/// </summary>
internal sealed partial class ServerVolume : IAsyncDisposable
{
    private readonly VolumeStore _store;
    private readonly Admission _scans;
    private readonly PayloadBudget _memory;
    private readonly VolumeHistory _history;
    private readonly VolumeLimits _limits;
    private readonly TimeProvider _clock;
    private readonly SpaceWatch? _space;
    private readonly ILogger _logger;
    private readonly Guid _serverId;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private readonly DateTimeOffset _since;
    private readonly RateMeter _receiving;

    // Guarded by _lock.
    private readonly Queue<(ulong N, long Writes, long At)> _marks = new();
    private Intake? _intake;
    private IImageStore? _image;
    private IDisposable? _scanPlace;
    private IdentifyFlags _identifyFlags;
    private int _granuleBytes;
    private MirrorState _state;
    private DateTimeOffset _stateSince;
    private AliveMessage _alive;
    private ImageMark _committed;
    private DateTimeOffset _consistentAt;   // default when not known
    private long _uncommittedSince;         // a timestamp; 0 when nothing is uncommitted
    private long _imageBytes;
    private long _scanCount, _connections, _sentBefore, _receivedBefore;
    private string? _lastError, _refusal, _refusalNeeds;
    private long _refusedAt;
    private bool _formerSecret;
    private bool _stopping;

    /// <summary>Makes the volume; nothing is touched until <see cref="OpenAsync"/> or a client comes.</summary>
    public ServerVolume(string name, Guid serverId, VolumeStore store, Admission scans, Admission restores, PayloadBudget memory, VolumeHistory history, VolumeLimits limits, TimeProvider clock, ILogger logger, SpaceWatch? space = null)
    {
        Name = name;
        Restores = new RestoreDesk(name, store, restores, memory, limits, clock, logger);
        _serverId = serverId;
        _store = store;
        _scans = scans;
        _memory = memory;
        _history = history;
        _limits = limits;
        _clock = clock;
        _logger = logger;
        _space = space;
        _since = _stateSince = clock.GetUtcNow();
        _receiving = new RateMeter(clock);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Serves the connections that restore this volume.</summary>
    public RestoreDesk Restores { get; }

    /// <inheritdoc/>
    public Guid Incarnation => _store.Record?.Incarnation ?? Guid.Empty;

    /// <summary>Hashes the next chunk that has no tag, unless the client is catching up.</summary>
    /// <returns>False when there is none.</returns>
    public bool RefreshTag(Span<byte> buffer)
    {
        lock (_lock)
        {
            if (_state is not (MirrorState.Live or MirrorState.NoConn)) return false;
        }
        return _store.RefreshTag(buffer);
    }

    /// <summary>Reads the record and takes the lock, so that status is right before a client comes; carries what a stop or crash left in journal and overlays. A fault is kept for status.</summary>
    public async Task OpenAsync()
    {
        try
        {
            IImageStore? image = await StoreWork.Run(() =>
            {
                _store.Load();
                return _store.Resume();
            }).ConfigureAwait(false);
            lock (_lock) _image = image;
        }
        catch (RefusalException e)
        {
            VolumeLog.Unusable(_logger, Name, e.Message);
            lock (_lock) _lastError = e.Message;
        }
    }

    /// <summary>Serves a proved connection until it ends. The caller disposes it.</summary>
    public async Task ServeAsync(IVolumeConnection connection, CancellationToken stopping)
    {
        using var pool = new PayloadPool(_memory, _limits.PayloadBuffers);
        using var reader = new FrameReader(connection.Stream, new FrameValidator(FrameSender.Client), pool);
        Intake intake;
        try
        {
            IdentifyMessage who = await IdentifyAsync(reader, stopping).ConfigureAwait(false);
            intake = await AdmitAsync(connection, reader, pool, who).ConfigureAwait(false);
        }
        catch (RefusalException e)
        {
            await RefuseAsync(connection, e).ConfigureAwait(false);
            return;
        }
        catch (ProtocolException e)
        {
            await RefuseAsync(connection, new RefusalException(RefusalCode.BadRequest, $"Volume {Name}: {e.Message}", 0, e)).ConfigureAwait(false);
            return;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            VolumeLog.Disconnected(_logger, Name, connection.Peer, e.Message);
            connection.Abort();
            return;
        }

        Exception? why = await intake.RunAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            Detach(intake);
        }
        finally
        {
            _turn.Release();
        }
        if (why is RefusalException refusal)
        {
            VolumeLog.Refused(_logger, connection.Peer, refusal.Code, refusal.Message);
            if (refusal.Code is RefusalCode.NeedsReplace) NoteRefusal(refusal);
        }
        else
        {
            VolumeLog.Disconnected(_logger, Name, connection.Peer, why?.Message ?? "it ended the connection");
        }
        await intake.FinishAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the connection, lets what was received reach the image, closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        Intake? intake;
        lock (_lock)
        {
            _stopping = true;
            intake = _intake;
        }
        intake?.Stop(new RefusalException(RefusalCode.ShuttingDown, $"Volume {Name}: the server is stopping.", _limits.StoreRetrySeconds));
        await Restores.StopAsync().ConfigureAwait(false);
        await WithinAsync(_history.DisposeAsync().AsTask(), _limits.Fence).ConfigureAwait(false);
        // A store that hangs keeps its own volume only: the process may end without it.
        if (!await _turn.WaitAsync(_limits.Fence).ConfigureAwait(false)) return;
        try
        {
            lock (_lock) intake = _intake;
            intake?.Stop(new RefusalException(RefusalCode.ShuttingDown, $"Volume {Name}: the server is stopping.", _limits.StoreRetrySeconds));
            if (intake is not null)
            {
                if (!await WithinAsync(intake.Fenced, _limits.Fence).ConfigureAwait(false)) return;
                Detach(intake);
            }
            await StoreWork.Run(_store.Dispose).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IdentifyMessage> IdentifyAsync(FrameReader reader, CancellationToken stopping)
    {
        using var time = new CancellationTokenSource(_limits.Identify, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stopping);
        MessageType type = await reader.ReadAsync(either.Token).ConfigureAwait(false);
        if (type == MessageType.None) throw new IOException("It closed before IDENTIFY.");
        if (type != MessageType.Identify) throw new ProtocolException(type, "IDENTIFY comes first");
        return reader.Message<IdentifyMessage>();
    }

    private async Task<Intake> AdmitAsync(IVolumeConnection connection, FrameReader reader, PayloadPool pool, IdentifyMessage who)
    {
        if (!await _turn.WaitAsync(_limits.Fence).ConfigureAwait(false)) throw Busy("another connection is taking over");
        try
        {
            if (_stopping) throw new RefusalException(RefusalCode.ShuttingDown, $"Volume {Name}: the server is stopping.", _limits.StoreRetrySeconds);
            IdentityVerdict? verdict = await StoreWork.Run(() =>
            {
                _store.Load();
                return _store.Judge(who);
            }).ConfigureAwait(false);

            Intake? old;
            lock (_lock) old = _intake;
            if (old is not null)
            {
                old.Stop(new RefusalException(RefusalCode.Replaced, $"Volume {Name}: a newer connection from {connection.Peer} has taken over."));
                if (!await WithinAsync(old.Fenced, _limits.Fence).ConfigureAwait(false)) throw Busy("the writes of the earlier connection have not ended yet");
                Detach(old);
            }

            IImageStore image = await StoreWork.Run(() => _store.Prepare(who, verdict)).ConfigureAwait(false);
            VolumeRecord record = _store.Record!;
            reader.Validator.VolumeSectors = who.SizeSectors;
            ImageMark committed = image.Committed.Incarnation == record.Incarnation ? image.Committed : default;
            WelcomeFlags flags = (record.EverConsistent ? WelcomeFlags.HasBeenConsistent : 0) | (record.Scan == ScanProgress.Comparing ? WelcomeFlags.GuardedScanUnfinished : 0);
            var welcome = new WelcomeMessage(flags, record.Incarnation, new Bytes32(record.HashKey), committed.N, committed.Random, _serverId);
            var intake = new Intake(this, image, connection, reader, pool, _memory, welcome, _limits, _clock, _logger);
            lock (_lock)
            {
                _intake = intake;
                _image = image;
                _identifyFlags = who.Flags;
                _granuleBytes = who.GranuleBytes;
                _connections++;
                _formerSecret = connection.IsFormerSecret;
                _committed = committed;
                _imageBytes = image.NonZeroBytes;
                _alive = default;
                _refusal = _refusalNeeds = null;
                _marks.Clear();
                _uncommittedSince = 0;
            }
            VolumeLog.Connected(_logger, Name, connection.Peer, committed.N);
            return intake;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets a connection that has fenced. Nothing happens when it is not the present one. The turn is held.</summary>
    private void Detach(Intake intake)
    {
        lock (_lock)
        {
            if (_intake != intake) return;
            _intake = null;
            _sentBefore += intake.BytesSent;
            _receivedBefore += intake.BytesReceived;
            _scanPlace?.Dispose();
            _scanPlace = null;
            _alive = default;
            Enter(MirrorState.NoConn);
        }
    }

    private async Task RefuseAsync(IVolumeConnection connection, RefusalException e)
    {
        VolumeLog.Refused(_logger, connection.Peer, e.Code, e.Message);
        NoteRefusal(e);
        await new ReplyLane(connection, _clock).EndAsync(Intake.Refused(e), _limits.Goodbye).ConfigureAwait(false);
        await connection.FinishAsync(_limits.Goodbye).ConfigureAwait(false);
    }

    private void NoteRefusal(RefusalException e)
    {
        string? needs = e.Code switch
        {
            RefusalCode.WrongDisk => "adopt",
            RefusalCode.NeedsReplace or RefusalCode.SizeChanged => "adopt --replace",
            _ => null,
        };
        lock (_lock)
        {
            if (e.Code is RefusalCode.ShuttingDown or RefusalCode.Busy or RefusalCode.Replaced) return;
            _refusal = e.Message;
            _refusalNeeds = needs;
            _refusedAt = _clock.GetTimestamp();
        }
    }

    private RefusalException Busy(string why) => new(RefusalCode.Busy, $"Volume {Name}: {why}.", _limits.BusyRetrySeconds);

    private async Task<bool> WithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, _clock).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Enter(MirrorState state)
    {
        if (_state == state) return;
        _state = state;
        _stateSince = _clock.GetUtcNow();
    }
}
