using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// The history of one volume: takes snapshots at consistent marks when it is asked to or the rule says so, and removes what the rule no longer keeps. A clone is made under
/// a view, so the image stands still meanwhile and the live stream goes on into the journal. One clone at a time in the whole server: they are work for the file system.
/// No message from a client comes here.
/// </summary>
internal sealed class VolumeHistory : IAsyncDisposable
{
    // A clone that took long is not made again soon, whatever the rule: it costs the file system its own time.
    private const int RestFactor = 20;

    private readonly string _volume;
    private readonly VolumeStore _store;
    private readonly SnapshotRule? _usual;
    private readonly SemaphoreSlim _clones;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _passingAge;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private SnapshotInfo[]? _known;     // replaced whole; null until they were read
    private int _knownChanges;          // of the history, when they were read
    private string? _told;              // the failure that the log has

    /// <summary>Begins to watch the rule.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="store">Its durable side.</param>
    /// <param name="usual">The server's own rule.</param>
    /// <param name="clones">Admits one clone at a time.</param>
    /// <param name="limits">How often it looks, and when a snapshot is a leftover.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">The log.</param>
    public VolumeHistory(string volume, VolumeStore store, SnapshotRule? usual, SemaphoreSlim clones, VolumeLimits limits, TimeProvider clock, ILogger logger)
    {
        _volume = volume;
        _store = store;
        _usual = usual;
        _clones = clones;
        _clock = clock;
        _passingAge = limits.PassingSnapshotAge;
        _logger = logger;
        _running = RunAsync(limits.HistoryInterval);
    }

    /// <summary>How many snapshots there are; null while not known.</summary>
    public int? Count => Volatile.Read(ref _known)?.Length;

    /// <summary>When the newest was taken.</summary>
    public DateTimeOffset? LastTaken => Volatile.Read(ref _known)?.LastOrDefault()?.Taken;

    /// <summary>How long the last clone took.</summary>
    public long? LastMilliseconds => Volatile.Read(ref _known)?.LastOrDefault()?.CloneMilliseconds;

    /// <summary>Why the rule cannot be kept; null while it can.</summary>
    public string? LastError { get; private set; }

    /// <summary>Takes a snapshot of the last consistent mark.</summary>
    public async Task<SnapshotInfo> TakeAsync(string? name, CancellationToken cancellation)
    {
        return await ToldAsync(async () =>
        {
            if (name is not null) SnapshotStore.RequireName(name);
            return await CloneAsync(name, cancellation).ConfigureAwait(false) ??
                throw new MirrorControlException($"Volume {_volume} has never been consistent: there is nothing to take a snapshot of yet. 'diskmirror wait {_volume}' returns when there is.");
        }).ConfigureAwait(false);
    }

    /// <summary>The history, with the bytes unique to each snapshot.</summary>
    public Task<SnapshotHistory> ListAsync(CancellationToken cancellation) => ToldAsync(() => StoreWork.Run(() =>
    {
        _store.Load();
        return new SnapshotHistory(_volume, Rule()?.ToString(), _store.History.List(count: true));
    }).WaitAsync(cancellation));

    /// <summary>Removes a snapshot.</summary>
    public Task RemoveAsync(string name, CancellationToken cancellation) => ToldAsync(async () =>
    {
        await StoreWork.Run(() => Remove(name, "as asked")).WaitAsync(cancellation).ConfigureAwait(false);
        return true;
    });

    /// <summary>Sets the rule.</summary>
    public Task SetRuleAsync(string? rule, CancellationToken cancellation) => ToldAsync(async () =>
    {
        if (rule is not null) rule = SnapshotRule.Parse(rule)?.ToString() ?? "none";
        await StoreWork.Run(() =>
        {
            _store.Load();
            if (_store.Record is null) throw new MirrorControlException($"Volume {_volume} does not belong to a disk yet.");
            _store.Change(r => r with { SnapshotRule = rule });
        }).WaitAsync(cancellation).ConfigureAwait(false);
        LastError = null;
        return true;
    });

    /// <summary>Ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    private SnapshotRule? Rule()
    {
        if (_store.Record?.SnapshotRule is not { } text) return _usual;
        return SnapshotRule.Parse(text);
    }

    private async Task RunAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, _clock);
        try
        {
            do
            {
                await Task.Yield();
                await KeepRuleAsync(_stop.Token).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task KeepRuleAsync(CancellationToken cancellation)
    {
        SnapshotRule? rule = null;
        try
        {
            if (_store.Record is not { } record) return;
            if (_known is null || _knownChanges != _store.History.Changes) await StoreWork.Run(Look).ConfigureAwait(false);
            await RemoveLeftoversAsync().ConfigureAwait(false);
            rule = Rule();
            if (rule is null || !record.EverConsistent) return;
            SnapshotInfo[] own = [.. _known!.Where(s => s.ByRule)];
            DateTimeOffset now = _clock.GetUtcNow();
            bool rested = _known!.LastOrDefault() is not { } last || now - last.Taken >= TimeSpan.FromMilliseconds(last.CloneMilliseconds * (double)RestFactor) || now < last.Taken;
            if (rested && rule.IsDue(own.Select(s => s.Taken), now) && _store.ConsistentMark is { } mark && (long)Math.Min(mark, long.MaxValue) != own.LastOrDefault()?.Mark)
                await CloneAsync(null, cancellation).ConfigureAwait(false);
            foreach (SnapshotInfo expired in rule.Expired(_known!.Where(s => s.ByRule), s => s.Taken, now))
                await StoreWork.Run(() => Remove(expired.Name, $"by the rule {rule}")).ConfigureAwait(false);
            LastError = _told = null;
        }
        catch (StoreInUseException)
        {
            // Somebody reads what has expired: the next time.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RefusalException or FormatException or MirrorControlException)
        {
            LastError = $"Volume {_volume}: no snapshot by the rule {rule}: {e.Message}";
            if (_told != e.Message) VolumeLog.SnapshotFailed(_logger, _volume, rule?.ToString() ?? "", e.Message);
            _told = e.Message;
        }
    }

    /// <summary>Removes what killed programs left. Their locks ended with them; a snapshot that is locked is being read.</summary>
    private async Task RemoveLeftoversAsync()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        // The clock may have been set back since: what seems to come from the future is as old as it seems to be far away.
        foreach (SnapshotInfo left in _known!.Where(s => PassingSnapshots.IsName(s.Name) && (now - s.Taken).Duration() >= _passingAge))
        {
            try
            {
                await StoreWork.Run(() => Remove(left.Name, "left by a program that was killed")).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoreInUseException or FileNotFoundException)
            {
                // Read still, or removed by its taker meanwhile.
            }
        }
    }

    private async Task<SnapshotInfo?> CloneAsync(string? name, CancellationToken cancellation)
    {
        await _clones.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            SnapshotInfo? taken = await StoreWork.Run(() =>
            {
                _store.Load();
                using IConsistentView? view = _store.OpenConsistent(settled: true, cancellation);
                if (view is null) return null;
                SnapshotInfo made = _store.History.Create(view, name, _store.Record!, _clock);
                Look();
                return made;
            }).ConfigureAwait(false);
            if (taken is not null) VolumeLog.SnapshotTaken(_logger, _volume, taken.Name, taken.Mark, taken.CloneMilliseconds);
            return taken;
        }
        finally
        {
            _clones.Release();
        }
    }

    private void Remove(string name, string why)
    {
        _store.Load();
        _store.History.Remove(name);
        VolumeLog.SnapshotRemoved(_logger, _volume, name, why);
        Look();
    }

    private void Look()
    {
        // A change between the two is looked for once more.
        _knownChanges = _store.History.Changes;
        Volatile.Write(ref _known, [.. _store.History.List(count: false)]);
    }

    private static async Task<T> ToldAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RefusalException or FormatException)
        {
            throw new MirrorControlException(e.Message, e) { Failure = Kind(e) };
        }
    }

    private static ControlFailure Kind(Exception exception) => exception switch
    {
        FileNotFoundException => ControlFailure.NotFound,
        StoreInUseException => ControlFailure.InUse,
        FormatException => ControlFailure.Invalid,
        CloneUnsupportedException => ControlFailure.CloneUnsupported,
        _ => ControlFailure.Refused,
    };
}
