using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>What control asks: status, waiting, adoption and the history.</summary>
internal sealed partial class ServerVolume : IHistoryRole
{
    /// <inheritdoc/>
    public MirrorStatus Status => Snapshot();

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
