using Microsoft.Extensions.Logging;
using Mirror.Core.Blocks;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// One connection of one volume, from WELCOME to its end: reads frames, has <see cref="IntakeStateMachine"/> judge them, and hands them on.
/// <code>
///   reader (this) -- ArrivalQueue --> ApplyLane --> IImageStore
///                                        |--> HashLane   --> HASHES
///                                        '--> CommitLane --> COMMITTED
/// </code>
/// STATE, SCAN_BEGIN and SCAN_COMPARED are barriers: the reader goes on only when all before them is applied and they are answered, so the phase changes
/// where the order says. Whatever ends the connection, what was received before is applied first (unless the store has failed):
/// <see cref="RunAsync"/> has fenced when it completes.
/// </summary>
internal sealed class Intake
{
    private readonly IIntakeOwner _owner;
    private readonly IImageStore _store;
    private readonly IVolumeConnection _connection;
    private readonly FrameReader _reader;
    private readonly PayloadPool _pool;
    private readonly VolumeLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ArrivalQueue _queue;
    private readonly SmallPayloads _small = new();
    private readonly ReplyLane _replies;
    private readonly HashLane _hashes;
    private readonly CommitLane _commits;
    private readonly ApplyLane _apply;
    private readonly CancellationTokenSource _stop = new();
    private IntakePhase _phase;
    private RefusalException? _why;     // the first reason wins
    private ulong _lastMark;
    private Guid _incarnation;
    private long _writes;
    private volatile bool _reading;
    private readonly TaskCompletionSource _fenced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes a connection whose IDENTIFY was accepted; WELCOME is sent by <see cref="RunAsync"/>.</summary>
    public Intake(IIntakeOwner owner, IImageStore store, IVolumeConnection connection, FrameReader reader, PayloadPool pool, PayloadBudget memory, in WelcomeMessage welcome,
        VolumeLimits limits, TimeProvider clock, ILogger logger)
    {
        _owner = owner;
        _store = store;
        _connection = connection;
        _reader = reader;
        _pool = pool;
        _limits = limits;
        _clock = clock;
        _logger = logger;
        Welcome = welcome;
        _incarnation = welcome.Incarnation;
        _lastMark = welcome.CommittedMark;
        _phase = IntakeStateMachine.Begin((welcome.Flags & WelcomeFlags.GuardedScanUnfinished) != 0);
        _queue = new ArrivalQueue(limits.QueuedMessages);
        _replies = new ReplyLane(connection, clock);
        _hashes = new HashLane(store, store.Tags, welcome.HashKey, _replies, memory, limits.HashWorkers, $"{owner.Name} hash", OnStoreFailed);
        _commits = new CommitLane(store, $"{owner.Name} commit", OnCommitted, OnStoreFailed);
        _apply = new ApplyLane(store, _queue, _hashes, _commits, $"{owner.Name} apply", OnStoreFailed);
    }

    /// <summary>What the client is told first.</summary>
    public WelcomeMessage Welcome { get; }

    /// <summary>The other end.</summary>
    public string Peer => _connection.Peer;

    /// <summary>Bytes received, before decryption's overhead.</summary>
    public long BytesReceived => _reader.BytesRead;

    /// <summary>Bytes sent.</summary>
    public long BytesSent => _replies.BytesSent;

    /// <summary>Bytes received and not applied.</summary>
    public long QueuedBytes => _apply.QueuedBytes;

    /// <summary>Marks received and not answered.</summary>
    public int UnansweredMarks => _commits.Unanswered;

    /// <summary>Writes and zeroes received so far.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Completes when nothing of this connection will touch the image any more.</summary>
    public Task Fenced => _fenced.Task;

    /// <summary>Ends the connection from outside. The first reason is the one that the client hears.</summary>
    public void Stop(RefusalException why)
    {
        Interlocked.CompareExchange(ref _why, why, null);
        _stop.Cancel();
    }

    /// <summary>Serves until the connection ends and has fenced. Never throws; says why it ended, null for the client's own end.</summary>
    public async Task<Exception?> RunAsync()
    {
        using var watching = new CancellationTokenSource();
        // Silence counts only while this side listens: a stalled store is not the client's fault.
        Task watch = new PeerWatch(_replies, () => _reader.BytesRead, () => _reading && !_pool.IsStarved, OnSilent, _limits, _clock).RunAsync(watching.Token);
        Exception? cause = null;
        try
        {
            await _replies.SendAsync(Welcome).ConfigureAwait(false);
            await ReadAllAsync().ConfigureAwait(false);
        }
        catch (RefusalException e)
        {
            Stop(e);
        }
        catch (ProtocolException e)
        {
            Stop(new RefusalException(RefusalCode.BadRequest, $"Volume {_owner.Name}: {e.Message}", 0, e));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The reason is in _why.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            cause = e;      // the network
        }
        catch (Exception e)
        {
            // A fault of this program: it ends this connection, is seen in the log, and the client tries again.
            cause = e;
            VolumeLog.Unexpected(_logger, _owner.Name, Peer, e);
        }

        if (_why is { } refusal) await _replies.EndAsync(Refused(refusal), _limits.Goodbye).ConfigureAwait(false);
        else if (_phase != IntakePhase.Ended) _connection.Abort();
        _hashes.Stop();
        _queue.Close();
        await _apply.Drained.ConfigureAwait(false);
        _fenced.SetResult();
        await _replies.EndAsync(null, _limits.Goodbye).ConfigureAwait(false);
        await watching.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        return _why ?? cause;
    }

    /// <summary>After <see cref="RunAsync"/>: sees to it that the client receives what it was told last.</summary>
    public Task FinishAsync() => _why is not null || _phase == IntakePhase.Ended ? _connection.FinishAsync(_limits.Goodbye) : Task.CompletedTask;

    /// <summary>The refusal as the client reads it.</summary>
    public static RefusedMessage Refused(RefusalException e) => new(e.Code, e.RetryAfterSeconds, e.Message);

    private async Task ReadAllAsync()
    {
        CancellationToken stop = _stop.Token;
        while (true)
        {
            _reading = true;
            MessageType type = await _reader.ReadAsync(stop).ConfigureAwait(false);
            _reading = false;
            if (type == MessageType.None) return;
            IntakePhase before = _phase;
            (_phase, IntakeEffect effect) = IntakeStateMachine.Next(before, EventOf(type));
            switch (effect)
            {
                case IntakeEffect.None:
                    if (type == MessageType.Alive) _owner.Reported(_reader.Message<AliveMessage>());
                    break;
                case IntakeEffect.Apply:
                    Interlocked.Increment(ref _writes);
                    await (type == MessageType.Write ? WriteAsync(stop) : ZeroAsync(stop)).ConfigureAwait(false);
                    break;
                case IntakeEffect.Mark:
                    await MarkAsync(stop).ConfigureAwait(false);
                    break;
                case IntakeEffect.Hash:
                    await _queue.PutAsync(new Arrival { Kind = ArrivalKind.Hash, Hash = _reader.Message<HashRequestMessage>(), Known = before is IntakePhase.Guarded or IntakePhase.Scan }, stop).ConfigureAwait(false);
                    break;
                case IntakeEffect.Acknowledge or IntakeEffect.EndScan:
                    await StateAsync(effect == IntakeEffect.EndScan, stop).ConfigureAwait(false);
                    break;
                case IntakeEffect.BeginScan:
                    await BeginScanAsync(before is IntakePhase.CatchUp or IntakePhase.Live or IntakePhase.Rescan, stop).ConfigureAwait(false);
                    break;
                case IntakeEffect.Judge:
                    await JudgeAsync(stop).ConfigureAwait(false);
                    break;
                case IntakeEffect.End:
                    return;
                default:
                    throw new RefusalException(RefusalCode.BadRequest, $"Volume {_owner.Name}: {type.WireName()} is not allowed here ({before}).");
            }
        }
    }

    private IntakeEvent EventOf(MessageType type) => type switch
    {
        MessageType.State => _reader.Message<StateMessage>().State switch
        {
            StreamState.Scanning => IntakeEvent.StateScanning,
            StreamState.CatchUp => IntakeEvent.StateCatchUp,
            StreamState.Live => IntakeEvent.StateLive,
            StreamState.Rescan => IntakeEvent.StateRescan,
            _ => IntakeEvent.Stray,
        },
        MessageType.Write => IntakeEvent.Write,
        MessageType.Zero => IntakeEvent.Zero,
        MessageType.Mark => (_reader.Message<MarkMessage>().Flags & MarkFlags.Consistent) != 0 ? IntakeEvent.ConsistentMark : IntakeEvent.Mark,
        MessageType.ScanBegin => IntakeEvent.ScanBegin,
        MessageType.HashRequest => IntakeEvent.HashRequest,
        MessageType.ScanCompared => IntakeEvent.ScanCompared,
        MessageType.Alive => IntakeEvent.Alive,
        MessageType.Bye => IntakeEvent.Bye,
        _ => IntakeEvent.Stray,
    };

    private async ValueTask WriteAsync(CancellationToken stop)
    {
        WriteMessage m = _reader.Message<WriteMessage>();
        PayloadBuffer payload = _reader.TakePayload();
        (ReadOnlyMemory<byte> data, IDisposable owner) = m.Bytes <= _limits.SmallPayload ? _small.Add(payload) : (payload.Memory, payload);
        _apply.Queued(m.Bytes);
        try
        {
            await _queue.PutAsync(new Arrival { Kind = ArrivalKind.Write, Offset = m.Offset, Length = m.Bytes, Data = data, Owner = owner }, stop).ConfigureAwait(false);
        }
        catch
        {
            owner.Dispose();    // the memory is not this connection's alone
            throw;
        }
    }

    private ValueTask ZeroAsync(CancellationToken stop)
    {
        ZeroMessage m = _reader.Message<ZeroMessage>();
        return _queue.PutAsync(new Arrival { Kind = ArrivalKind.Zero, Offset = m.FirstSector << Units.SectorShift, Length = m.Sectors << Units.SectorShift }, stop);
    }

    private ValueTask MarkAsync(CancellationToken stop)
    {
        MarkMessage m = _reader.Message<MarkMessage>();
        if (m.Number <= _lastMark) throw new ProtocolException(MessageType.Mark, $"number {m.Number} after {_lastMark}");
        if (_commits.Unanswered >= WireLimits.MaxUnansweredMarks) throw new ProtocolException(MessageType.Mark, $"more than {WireLimits.MaxUnansweredMarks} are unanswered");
        _lastMark = m.Number;
        _commits.Received(m.Number);
        bool consistent = (m.Flags & MarkFlags.Consistent) != 0;
        _owner.MarkReceived(m.Number, Writes);
        var mark = new ImageMark(m.Number, m.Random, consistent, (ulong)m.ScanPosition, (ulong)m.TimeMilliseconds, _incarnation);
        return _queue.PutAsync(new Arrival { Kind = ArrivalKind.Mark, Mark = mark }, stop);
    }

    private async ValueTask StateAsync(bool endScan, CancellationToken stop)
    {
        StreamState state = _reader.Message<StateMessage>().State;
        await ReachAsync(state == StreamState.Live, stop).ConfigureAwait(false);
        if (endScan) await StoreWork.Run(_owner.EndScan).ConfigureAwait(false);
        _pool.First = state == StreamState.Live;
        _owner.Entered(state);
        await _replies.SendAsync(new StateOkMessage(state)).ConfigureAwait(false);
    }

    private async ValueTask BeginScanAsync(bool followed, CancellationToken stop)
    {
        bool goOn = (_reader.Message<ScanBeginMessage>().Flags & ScanBeginFlags.Continue) != 0;
        await _owner.AdmitScanAsync(stop).ConfigureAwait(false);
        await ReachAsync(false, stop).ConfigureAwait(false);
        ScanBegunMessage begun = await StoreWork.Run(() =>
        {
            // A mark of the old incarnation that is committed later would belong to neither.
            _commits.WaitQuiet();
            return _owner.BeginScan(goOn, followed);
        }).ConfigureAwait(false);
        if (begun.Incarnation != _incarnation)
        {
            _incarnation = begun.Incarnation;
            _lastMark = 0;
        }
        bool guarded = (begun.Flags & ScanBegunFlags.Guarded) != 0;
        (_phase, _) = IntakeStateMachine.Next(_phase, guarded ? IntakeEvent.GuardedScanBegun : IntakeEvent.OpenScanBegun);
        _owner.Entered(StreamState.Scanning);
        await _replies.SendAsync(begun).ConfigureAwait(false);
    }

    private async ValueTask JudgeAsync(CancellationToken stop)
    {
        ScanComparedMessage found = _reader.Message<ScanComparedMessage>();
        await ReachAsync(null, stop).ConfigureAwait(false);
        await StoreWork.Run(() => _owner.JudgeScan(found)).ConfigureAwait(false);
        (_phase, _) = IntakeStateMachine.Next(_phase, IntakeEvent.ScanAllowed);
        await _replies.SendAsync(default(ScanProceedMessage)).ConfigureAwait(false);
    }

    /// <summary>Waits until everything received so far is applied.</summary>
    private async ValueTask ReachAsync(bool? live, CancellationToken stop)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.PutAsync(new Arrival { Kind = ArrivalKind.Barrier, Live = live, Reached = reached }, stop).ConfigureAwait(false);
        await reached.Task.WaitAsync(stop).ConfigureAwait(false);
    }

    private void OnCommitted(ImageMark mark)
    {
        _owner.Committed(mark);
        _replies.Send(new CommittedMessage(mark.N, mark.Random));
    }

    private void OnSilent()
    {
        VolumeLog.Silent(_logger, _owner.Name, Peer, _limits.Silence.TotalSeconds);
        _connection.Abort();
    }

    private void OnStoreFailed(Exception e)
    {
        _apply.Stop();
        _hashes.Stop();
        Stop(_owner.Failed(e));
    }
}
