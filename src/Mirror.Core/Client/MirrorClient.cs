using Microsoft.Extensions.Logging;
using Mirror.Core.Blocks;
using Mirror.Core.Boot;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// The client of one volume: connects, introduces the disk, runs one <see cref="Session"/> after the other, and waits in between. Owns
/// neither disk nor tap; they stay open for as long as it runs, unless the disk changes its size: then the source opens both anew.
/// </summary>
public sealed partial class MirrorClient : IMirrorRole, IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WelcomeLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(5);

    private readonly ClientMemory _memory;
    private readonly IMirrorSource? _source;
    private readonly BootResume? _boot;
    private readonly Func<CancellationToken, Task<AuthenticatedConnection>> _connect;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _idleWaiters = [];  // guarded by _gate
    private readonly DateTimeOffset _since;
    private readonly PayloadPool _payloads = new(4);
    private readonly VerifyDesk _verifies;
    private Session? _session;                                      // guarded by _gate
    private TaskCompletionSource _retryNow = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by _gate
    private bool _rescanAsked;                                      // guarded by _gate
    private bool _keepTracking = true;
    private bool _closed;                                           // disk and tap are closed: opening them anew has failed

    private Task? _running;

    /// <summary>Makes a client; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="options">What is mirrored, and how.</param>
    /// <param name="disk">The disk; only read.</param>
    /// <param name="tap">What sees its writes.</param>
    /// <param name="connect">Makes a proved connection to the server.</param>
    /// <param name="log">Where events go.</param>
    /// <param name="clock">The time; the system's by default.</param>
    public MirrorClient(MirrorClientOptions options, IDisk disk, ITap tap, Func<CancellationToken, Task<AuthenticatedConnection>> connect, ILogger log, TimeProvider? clock = null)
    {
        _memory = new ClientMemory(options, disk, tap, clock ?? TimeProvider.System);
        _connect = connect;
        _log = log;
        _since = _memory.Clock.GetUtcNow();
        _verifies = new VerifyDesk(_memory, log, _stopping.Token);
    }

    /// <summary>Makes a client that follows its disk when that changes its size; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="options">What is mirrored, and how.</param>
    /// <param name="source">Disk and tap, open; it outlives the client.</param>
    /// <param name="connect">Makes a proved connection to the server.</param>
    /// <param name="log">Where events go.</param>
    /// <param name="clock">The time; the system's by default.</param>
    public MirrorClient(MirrorClientOptions options, IMirrorSource source, Func<CancellationToken, Task<AuthenticatedConnection>> connect, ILogger log, TimeProvider? clock = null)
        : this(options, source.Disk, source.Tap, connect, log, clock) => _source = source;

    /// <summary>What outlives a boot; null: each boot costs a scan. Set before <see cref="RunAsync"/>.</summary>
    public IBootMemory? Boot
    {
        init => _boot = value is null ? null : new BootResume(_memory, value);
    }

    /// <summary>Told each change of state, the old one first, from the engine's own thread: it must be quick, and must not throw. Set before <see cref="RunAsync"/>.</summary>
    public Action<MirrorState, MirrorState>? OnState
    {
        get => _memory.Entered;
        init => _memory.Entered = value;
    }

    /// <inheritdoc/>
    public MirrorStatus Status
    {
        get
        {
            ClientMemory m = _memory;
            ITap tap = m.Tap;
            TapCounters counters = tap.Counters;
            TimeSpan unsafeFor = m.Uncommitted || m.State != MirrorState.Live ? m.Clock.GetElapsedTime(m.SafeSince) : TimeSpan.Zero;
            long pendingBytes = m.Pending.Count * m.GranuleBytes;
            long left = m.State == MirrorState.Scanning ? m.Disk.SizeBytes - m.ScannedBytes : pendingBytes;
            return new MirrorStatus
            {
                Role = MirrorRole.Client,
                Volume = m.Options.Volume,
                Disk = m.Disk.Path,
                Peer = m.Options.Server,
                State = m.State,
                StateSince = m.StateSince,
                Rate = tap.Rate,
                Tap = tap.Description.Kind,
                TapReason = tap.Description.Reason,
                SizeBytes = m.Disk.SizeBytes,
                ScannedBytes = m.ScannedBytes,
                Scans = m.Scans,
                PendingBytes = Math.Min(pendingBytes, m.Disk.SizeBytes),
                QueuedBytes = m.QueuedBytes,
                SentBytes = m.SentBytes,
                ReceivedBytes = m.ReceivedBytes,
                CommittedMark = (long)m.CommittedMark,
                OldestUncommittedMilliseconds = (long)unsafeFor.TotalMilliseconds,
                Consistent = m.Consistent,
                ConsistentAgeSeconds = m.ConsistentAt is { } at ? Math.Max(0, (m.Clock.GetUtcNow() - at).TotalSeconds) : null,
                ScanAgeSeconds = m.ScannedAt is { } scanned ? Math.Max(0, (m.Clock.GetUtcNow() - scanned).TotalSeconds) : null,
                OffEpisodes = counters.OffEpisodes,
                Holes = counters.Holes,
                UntrackedCommands = counters.UntrackedCommands,
                Connections = m.Connections,
                LastError = m.LastError,
                Needs = m.Needs,
                Since = _since,
                GranuleBytes = m.GranuleBytes,
                KernelBytes = tap.Description.KernelBytes,
                BytesPerSecond = m.BytesPerSecond,
                SecondsLeft = m.State is MirrorState.Scanning or MirrorState.CatchUp && m.BytesPerSecond > 0 && !m.Behind ? left / (double)m.BytesPerSecond : null,
                Behind = m.Behind && m.State == MirrorState.CatchUp,
                Identity = m.Disk.Identity.Text,
                Verify = _verifies.Progress,
                LastVerify = _verifies.Last,
            };
        }
    }

    /// <summary>Runs until it is stopped.</summary>
    /// <exception cref="IOException">The disk itself failed.</exception>
    public Task RunAsync(CancellationToken cancellation)
    {
        cancellation.Register(() => _stopping.Cancel());
        if (_memory.Options.VerifyInterval > TimeSpan.Zero && _memory.Tap.Description.Kind != TapKind.RescanOnly) _ = Task.Run(_verifies.ByScheduleAsync, CancellationToken.None);
        return _running = Task.Run(RunLoopAsync, CancellationToken.None);
    }

    /// <summary>Ends a wait before the next try to connect: the network has changed.</summary>
    public void RetryNow()
    {
        lock (_gate) _retryNow.TrySetResult();
    }

    /// <inheritdoc/>
    public Task WaitIdleAsync(CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _idleWaiters.RemoveAll(w => w.Task.IsCompleted);
            _idleWaiters.Add(done);
            _session?.WaitIdle(done);
        }
        RetryNow();
        return done.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_session is { } session) session.Rescan();
            else _rescanAsked = true;
        }
        RetryNow();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellation) => _verifies.RunAsync(request, cancellation);

    /// <inheritdoc/>
    public Task AdoptAsync(bool replace, CancellationToken cancellation)
    {
        _memory.Adopt = replace ? Adoption.Replace : Adoption.Adopt;
        RetryNow();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(bool keepTracking, CancellationToken cancellation)
    {
        _keepTracking = keepTracking;
        await SettleForBootAsync(cancellation).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is { } running) await running.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is { } running) await running.ConfigureAwait(false);
    }

    private async Task RunLoopAsync()
    {
        _memory.Load();
        BeginAfterBoot();
        TimeSpan retry = FirstRetry;
        while (!_stopping.IsCancellationRequested)
        {
            SessionEnd end;
            bool proved = false;
            try
            {
                if (_closed || _memory.Outgrown) Reopen();
                using AuthenticatedConnection connection = await _connect(_stopping.Token).ConfigureAwait(false);
                proved = true;
                end = await RunConnectionAsync(connection).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ProtocolException or SecretException or TimeoutException || (e is OperationCanceledException && !_stopping.IsCancellationRequested))
            {
                end = new SessionEnd(e.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            if (_stopping.IsCancellationRequested) break;
            Note(end);
            if (end.Error is null && !_closed && _memory.Outgrown) continue;
            // A disk that fails is not read over and over as fast as it can be.
            if (proved && end.Refusal is null && !end.Fatal) retry = FirstRetry;
            TimeSpan wait = end.RetryAfter > TimeSpan.Zero ? end.RetryAfter : end.Refusal is null or RefusalCode.Replaced ? retry : _memory.Options.RetryInterval;
            await WaitAsync(Jittered(wait)).ConfigureAwait(false);
            retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, _memory.Options.RetryInterval.Ticks));
        }
        LeaveForBoot();
        if (!_keepTracking) _memory.Tap.Unpin();
        LogStopped(_memory.Options.Volume, _keepTracking);
    }

    private void BeginAfterBoot()
    {
        if (_boot is null) return;
        try
        {
            if (_boot.Begin()) _ = Task.Run(_verifies.AfterBootAsync, CancellationToken.None);
            if (_boot.Verdict.Reason is { } reason) LogBoot(_memory.Options.Volume, _boot.Verdict.Unwritten, reason);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogBoot(_memory.Options.Volume, false, e.Message);
        }
    }

    /// <summary>Lets what was written last become a mark, so that the next boot need not scan; a disk in use does not hold a stop up for long.</summary>
    private async Task SettleForBootAsync(CancellationToken cancellation)
    {
        if (_boot is null || _memory.State != MirrorState.Live) return;
        try
        {
            await WaitIdleAsync(cancellation).WaitAsync(SettleLimit, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Then it stops as it is.
        }
    }

    private void LeaveForBoot()
    {
        if (_boot is null || _closed) return;
        try
        {
            if (_boot.End()) LogLeft(_memory.Options.Volume);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogBoot(_memory.Options.Volume, false, e.Message);
        }
    }

    /// <summary>
    /// Opens disk and tap anew because the size has changed. Between two sessions everything that the server is not known to hold is in the tap's pinned
    /// bitmaps, as after a crash of the process; the next tap takes them over if the disk has grown, and begins anew if it has shrunk.
    /// </summary>
    /// <exception cref="IOException">It did not succeed; to be tried again.</exception>
    private void Reopen()
    {
        long before = _memory.Disk.SizeBytes;
        if (_source is null) throw new IOException($"Volume {_memory.Options.Volume}: {_memory.Disk.Path} has another size than {before} bytes now. Start its client anew.");
        _closed = true;
        _source.Reopen();
        _closed = false;
        _memory.Take(_source.Disk, _source.Tap);
        _memory.Load();
        LogResized(_memory.Options.Volume, _memory.Disk.Path, before, _memory.Disk.SizeBytes, _memory.Record is not null);
    }

    private async Task<SessionEnd> RunConnectionAsync(AuthenticatedConnection connection)
    {
        using CancellationTokenRegistration abort = _stopping.Token.UnsafeRegister(_ => StopSession(connection), null);
        using var reader = new FrameReader(connection.Stream, new FrameValidator(FrameSender.Server) { VolumeSectors = _memory.Disk.SizeBytes >> Units.SectorShift }, _payloads);
        Adoption adopt = _memory.Adopt;
        await IdentifyAsync(connection, adopt).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(WelcomeLimit);
        MessageType answer = await reader.ReadAsync(limit.Token).ConfigureAwait(false);
        if (answer == MessageType.Refused)
        {
            var refused = reader.Message<RefusedMessage>();
            return new SessionEnd(refused.Text, refused.Code, TimeSpan.FromSeconds(refused.RetryAfterSeconds));
        }
        if (answer != MessageType.Welcome) throw new ProtocolException(answer, "WELCOME was expected");
        var welcome = reader.Message<WelcomeMessage>();
        _memory.Connections++;
        _memory.LastMark = Math.Max(_memory.LastMark, welcome.CommittedMark);
        LogConnected(_memory.Options.Volume, _memory.Options.Server);

        Session session;
        lock (_gate)
        {
            if (_rescanAsked) _memory.Save(null);
            _rescanAsked = false;
            _idleWaiters.RemoveAll(w => w.Task.IsCompleted);
            session = new Session(_memory, connection.Stream, reader, welcome, connection.Features, _log);
            foreach (TaskCompletionSource waiter in _idleWaiters) session.WaitIdle(waiter);
            _session = session;
            _verifies.Attach(session);
        }
        try
        {
            if (_stopping.IsCancellationRequested) session.Stop();
            SessionEnd end = await session.RunAsync().ConfigureAwait(false);
            if (end.Refusal is not (RefusalCode.NeedsReplace or RefusalCode.WrongDisk) && _memory.Adopt == adopt) _memory.Adopt = Adoption.None;
            return end;
        }
        finally
        {
            lock (_gate) _session = null;
            _verifies.Attach(null);
        }
    }

    private async Task IdentifyAsync(AuthenticatedConnection connection, Adoption adopt)
    {
        MirrorClientOptions options = _memory.Options;
        IDisk disk = _memory.Disk;
        IdentifyFlags flags = adopt switch
        {
            Adoption.Adopt => IdentifyFlags.Adopt,
            Adoption.Replace => IdentifyFlags.Adopt | IdentifyFlags.AdoptAndReplace,
            _ => IdentifyFlags.None,
        };
        if (_memory.Tap.Description.Kind == TapKind.RescanOnly) flags |= IdentifyFlags.RescanOnly;
        var identify = new IdentifyMessage(flags, disk.SizeBytes >> Units.SectorShift, disk.LogicalBlockBytes, _memory.GranuleBytes,
            disk.Identity.Machine, options.ClientId, disk.Identity.Text, options.HostName);
        var bytes = new byte[identify.EncodedBytes];
        identify.Encode(bytes);
        await connection.Stream.WriteAsync(bytes, _stopping.Token).ConfigureAwait(false);
    }

    private void StopSession(AuthenticatedConnection connection)
    {
        lock (_gate)
        {
            if (_session is { } session) session.Stop();
            else connection.Abort();
        }
    }

    private void Note(SessionEnd end)
    {
        if (end.Error is null) return;
        _memory.LastError = end.Error;
        _memory.DiskFailed = end.Fatal;
        _memory.Needs = end.Refusal switch
        {
            RefusalCode.WrongDisk => "adopt",
            RefusalCode.NeedsReplace or RefusalCode.SizeChanged => "adopt --replace",
            _ => null,
        };
        LogLost(_memory.Options.Volume, _memory.Options.Server, end.Error);
    }

    private async Task WaitAsync(TimeSpan most)
    {
        TaskCompletionSource now;
        lock (_gate)
        {
            if (_retryNow.Task.IsCompleted) _retryNow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            now = _retryNow;
        }
        try
        {
            await now.Task.WaitAsync(most, _memory.Clock, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Either way the loop goes on, or sees that it is over.
        }
    }

    /// <summary>A time that differs each time by a quarter, so that not all clients do the same at once.</summary>
    internal static TimeSpan Jittered(TimeSpan wait) => wait * (0.75 + 0.5 * Random.Shared.NextDouble());

    [LoggerMessage(1001, LogLevel.Information, "{Volume}: connected to {Server}.")]
    private partial void LogConnected(string volume, string server);

    [LoggerMessage(1002, LogLevel.Warning, "{Volume}: connection to {Server}: {Error}")]
    private partial void LogLost(string volume, string server, string error);

    [LoggerMessage(1015, LogLevel.Information, "{Volume}: since the last clean stop the disk is unwritten: {Unwritten}. {Reason}.")]
    private partial void LogBoot(string volume, bool unwritten, string reason);

    [LoggerMessage(1016, LogLevel.Information, "{Volume}: the image is the disk, and its drive has been asked: unless it is written to, the next boot needs no scan.")]
    private partial void LogLeft(string volume);

    [LoggerMessage(1014, LogLevel.Warning, "{Volume}: {Disk} has {Now} bytes now, {Before} before; what is known of the rest holds: {Followed}.")]
    private partial void LogResized(string volume, string disk, long before, long now, bool followed);

    [LoggerMessage(1003, LogLevel.Information, "{Volume}: stopped; the tap goes on tracking writes: {KeepTracking}.")]
    private partial void LogStopped(string volume, bool keepTracking);
}
