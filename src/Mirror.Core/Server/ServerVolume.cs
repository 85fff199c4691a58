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
internal sealed partial class ServerVolume : IHistoryRole, IIntakeOwner, IAsyncDisposable
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

    /// <inheritdoc/>
    public MirrorStatus Status => Snapshot();

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

    // ---- what the intake asks

    /// <inheritdoc/>
    public async Task AdmitScanAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            if (_scanPlace is not null) return;
        }
        // The place is given back when the connection is detached, which comes after this.
        IDisposable place = await _scans.EnterAsync(_limits.ScanLine, stop).ConfigureAwait(false) ?? throw Busy("as many volumes as this server lets scan at a time are scanning");
        lock (_lock) _scanPlace = place;
    }

    /// <inheritdoc/>
    public ScanBegunMessage BeginScan(bool goOn, bool followed)
    {
        bool began = false;
        VolumeRecord record = Changed(r =>
        {
            if (goOn && r.Scan != ScanProgress.None) return r;
            began = true;
            return r with { Incarnation = Guid.NewGuid(), Scan = r.EverConsistent && !followed ? ScanProgress.Comparing : ScanProgress.Sending };
        });
        bool guarded = record.Scan == ScanProgress.Comparing;
        if (began)
        {
            lock (_lock)
            {
                _scanCount++;
                _committed = default;
            }
            VolumeLog.ScanBegun(_logger, Name, guarded, record.Incarnation);
        }
        return new ScanBegunMessage(record.Incarnation, guarded ? ScanBegunFlags.Guarded : ScanBegunFlags.None);
    }

    /// <inheritdoc/>
    public void JudgeScan(in ScanComparedMessage found)
    {
        (long changed, long nonZero) = (found.DifferentNonZero, found.NonZero);
        long most;
        bool replace;
        lock (_lock)
        {
            most = _image!.NonZeroBytes;
            replace = (_identifyFlags & IdentifyFlags.AdoptAndReplace) != 0;
        }
        bool small = ScanGuard.Allows(changed, nonZero, most);
        if (!small && !replace && !_store.Record!.ReplaceApproved)
        {
            throw new RefusalException(RefusalCode.NeedsReplace,
                $"Volume {Name}: the scan would change {changed} of the image's {Math.Min(nonZero, most)} bytes that are not zero, more than a fifth. The image is untouched. If the disk is the right one: diskmirror adopt {Name} --replace", 60);
        }
        if (!small) _store.Replaced.Keep();
        // The permission holds until the scan has ended, however often it is broken off.
        Changed(r => r with { Scan = ScanProgress.Sending, ReplaceApproved = r.ReplaceApproved || !small });
        VolumeLog.ScanAllowed(_logger, Name, changed, nonZero);
    }

    /// <inheritdoc/>
    public void EndScan()
    {
        Changed(r => r.Scan == ScanProgress.None ? r : r with { Scan = ScanProgress.None, ReplaceApproved = false });
        lock (_lock)
        {
            _scanPlace?.Dispose();
            _scanPlace = null;
        }
    }

    /// <inheritdoc/>
    public void Entered(StreamState state)
    {
        string peer;
        lock (_lock)
        {
            Enter((MirrorState)state);
            peer = _intake?.Peer ?? "";
        }
        VolumeLog.State(_logger, Name, peer, state);
    }

    /// <inheritdoc/>
    public void Reported(in AliveMessage alive)
    {
        lock (_lock) _alive = alive;
    }

    /// <inheritdoc/>
    public void MarkReceived(ulong n, long writes)
    {
        lock (_lock)
        {
            long now = _clock.GetTimestamp();
            if (_uncommittedSince == 0) _uncommittedSince = now;
            _marks.Enqueue((n, writes, now));
        }
    }

    /// <inheritdoc/>
    public void Committed(in ImageMark mark)
    {
        if (mark.Consistent && !_store.Record!.EverConsistent)
        {
            _store.Change(r => r with { EverConsistent = true });
            VolumeLog.FirstConsistent(_logger, Name, mark.N);
        }
        _store.Healed();
        long bytes;
        lock (_lock) bytes = _imageBytes;
        bytes = _image?.NonZeroBytes ?? bytes;
        lock (_lock)
        {
            _committed = mark;
            _imageBytes = bytes;
            if (mark.Consistent) _consistentAt = _clock.GetUtcNow();
            long writes = 0, at = 0;
            while (_marks.TryPeek(out (ulong N, long Writes, long At) oldest) && oldest.N <= mark.N)
            {
                (writes, at) = (oldest.Writes, oldest.At);
                _marks.Dequeue();
            }
            // What came after this mark is not older than the mark.
            _uncommittedSince = at != 0 && _intake is { } intake && intake.Writes > writes ? at : 0;
            _lastError = null;
        }
    }

    /// <inheritdoc/>
    public RefusalException Failed(Exception e)
    {
        RefusalException refusal = _store.Fail(e);
        lock (_lock) _lastError = refusal.Message;
        return refusal;
    }

    private VolumeRecord Changed(Func<VolumeRecord, VolumeRecord> change)
    {
        try
        {
            return _store.Change(change);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RefusalException refusal = _store.Refusal(e);
            lock (_lock) _lastError = refusal.Message;
            throw refusal;
        }
    }

    // ---- what control asks

    /// <inheritdoc/>
    public async Task WaitIdleAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), _clock);
        do
        {
            lock (_lock)
            {
                if (_intake is { UnansweredMarks: 0, QueuedBytes: 0 } && _image is { IsSettled: true } && _state == MirrorState.Live && _uncommittedSince == 0 &&
                    _alive is { State: StreamState.Live, PendingBytes: 0, QueuedBytes: 0 }) return;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellation) =>
        Task.FromException(new MirrorControlException($"Volume {Name}: a scan is asked for where the disk is. On that host: diskmirror rescan {Name}"));

    /// <inheritdoc/>
    public Task StopAsync(bool keepTracking, CancellationToken cancellation) =>
        Task.FromException(new MirrorControlException($"Volume {Name}: a mirror is stopped where the disk is. On that host: diskmirror stop {Name}"));

    /// <inheritdoc/>
    public async Task AdoptAsync(bool replace, CancellationToken cancellation)
    {
        try
        {
            await StoreWork.Run(() =>
            {
                _store.Load();
                if (_store.Record is null) throw new MirrorControlException($"Volume {Name} does not belong to a disk yet; its first client is taken as it is.");
                _store.Change(r => r with { AdoptApproved = true, ReplaceApproved = r.ReplaceApproved || replace });
            }).WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RefusalException)
        {
            throw new MirrorControlException($"Volume {Name}: the permission could not be stored: {e.Message}", e);
        }
        lock (_lock) _refusal = _refusalNeeds = null;
    }

    /// <inheritdoc/>
    public Task<SnapshotInfo> NewSnapshotAsync(string? name, CancellationToken cancellation) => _history.TakeAsync(name, cancellation);

    /// <inheritdoc/>
    public Task<SnapshotHistory> SnapshotsAsync(CancellationToken cancellation) => _history.ListAsync(cancellation);

    /// <inheritdoc/>
    public Task RemoveSnapshotAsync(string name, CancellationToken cancellation) => _history.RemoveAsync(name, cancellation);

    /// <inheritdoc/>
    public Task SetSnapshotRuleAsync(string? rule, CancellationToken cancellation) => _history.SetRuleAsync(rule, cancellation);

    private void Enter(MirrorState state)
    {
        if (_state == state) return;
        _state = state;
        _stateSince = _clock.GetUtcNow();
    }

    private MirrorStatus Snapshot()
    {
        VolumeRecord? record = _store.Record;
        SpaceWatch.Reading? space = _space?.Of(_store.ImagePath);
        lock (_lock)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            long received = _receivedBefore + (_intake?.BytesReceived ?? 0);
            long rate = _receiving.Sample(received);
            bool refused = _refusal is not null && _clock.GetElapsedTime(_refusedAt) < _limits.RefusalShown;
            ulong consistentTime = _image?.ConsistentTime ?? _store.ConsistentTimeAtStart;
            double? age = _consistentAt != default ? (now - _consistentAt).TotalSeconds :
                consistentTime != 0 ? Math.Max(0, (now - DateTimeOffset.FromUnixTimeMilliseconds((long)consistentTime)).TotalSeconds) : null;
            return new MirrorStatus
            {
                Role = MirrorRole.Server,
                Volume = Name,
                Disk = _store.ImagePath,
                Peer = _intake?.Peer,
                State = _state,
                StateSince = _stateSince,
                Rate = _alive.Rate,
                SizeBytes = record?.SizeBytes ?? 0,
                ScannedBytes = _alive.ScannedBytes,
                Scans = _scanCount,
                PendingBytes = _alive.PendingBytes,
                QueuedBytes = _intake?.QueuedBytes ?? 0,
                MemoryBytes = (long)_memory.Out * _memory.BufferBytes,
                MemoryLimitBytes = (long)_memory.Buffers * _memory.BufferBytes,
                SentBytes = _sentBefore + (_intake?.BytesSent ?? 0),
                ReceivedBytes = received,
                CommittedMark = (long)Math.Min(_committed.N, long.MaxValue),
                OldestUncommittedMilliseconds = _uncommittedSince == 0 ? 0 : (long)_clock.GetElapsedTime(_uncommittedSince).TotalMilliseconds,
                Consistent = _committed is { N: not 0, Consistent: true } && record is { Scan: ScanProgress.None },
                ConsistentAgeSeconds = age,
                Connections = _connections,
                LastError = _lastError ?? (refused ? _refusal : null) ?? _history.LastError ?? _archiveError,
                Needs = refused ? _refusalNeeds : null,
                Since = _since,
                GranuleBytes = _granuleBytes,
                BytesPerSecond = rate,
                SecondsLeft = _state == MirrorState.CatchUp && rate > 0 ? (double)_alive.PendingBytes / rate : null,
                Identity = record?.Identity.ToString(),
                ImageBytes = record is null ? null : _imageBytes,
                ImageMark = _image is null ? 0 : (long)Math.Min(_image.ImageMark, long.MaxValue),
                Snapshots = _history.Count,
                SnapshotTaken = _history.LastTaken,
                CloneMilliseconds = _history.LastMilliseconds,
                ArchiveTaken = _lastArchive?.Taken,
                ArchiveLevel = _lastArchive?.Level,
                ImageReaders = _image?.Views ?? 0,
                FormerSecret = _intake is null ? null : _formerSecret,
                StoreFreeBytes = space?.Space?.FreeBytes,
                StoreSizeBytes = space?.Space?.SizeBytes,
                StoreSpace = space?.Level ?? SpaceLevel.Ok,
            };
        }
    }
}
