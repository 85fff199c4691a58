using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mirror.Core.Blocks;
using Mirror.Core.Control;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// One connection from WELCOME to its end: the sequencer. A thread of its own runs the loop; it alone touches tap, bitmaps, reads and
/// outbox. Whatever happens elsewhere (an answer, a read's end, a request) is an action in the inbox.
/// <code>
///   ring records ----+
///   disk reads ------+--> one order --> outbox --> connection
///   marks -----------+
/// </code>
/// </summary>
internal sealed partial class Session
{
    private static readonly TimeSpan AliveInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan IdleMarkInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(2);
    private const long Little = 4 << 20;        // bytes that take no time to catch up with
    private const int MaxInbox = 4096;

    private readonly ClientMemory _memory;
    private readonly ITap _tap;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Stream _stream;
    private readonly FrameReader _reader;
    private readonly WelcomeMessage _welcome;
    private readonly ConcurrentQueue<Action> _inbox = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly CancellationTokenSource _stop = new();
    private readonly Outbox _outbox;
    private readonly DiskReads _reads;
    private readonly ReadSender _sender;
    private readonly RecordPump _pump;
    private readonly PendingDrain _drain;
    private readonly MarkKeeper _marks;
    private readonly RateKeeper _rate;
    private readonly HierarchicalBitmap _sent;
    private readonly ThreadLocal<UnitHasher> _hashers;
    private readonly List<IdleWaiter> _idleWaiters = [];
    private readonly OpenRequests _asked = new();

    private Task _receiver = Task.CompletedTask;
    private MirrorState _state = MirrorState.NoConn;
    private ScanRun? _scan;
    private readonly bool _canVerify;
    private VerifyLane? _verify;
    private bool _scanAsked;            // SCAN_BEGIN is sent, SCAN_BEGUN not yet here
    private bool _continueScan;
    private bool _catchUpKnown;         // the server has acknowledged CatchUp
    private bool _flippedSinceOff;
    private bool _markWanted;
    private SessionEnd? _end;
    private long _lastAlive;
    private long _lastHeard;
    private long _lastMarkSentBytes;
    private long _sentBefore;
    private long _receivedBefore;
    private long _scanEndedAt;
    private bool _scanUncommitted;      // a scan has ended, and not all that it found is committed yet
    private long _lastIdleCheck;
    private long _rateTime;
    private long _rateBytes;
    private long _roundSent;
    private bool _gaining;              // what is pending became more from mark to mark
    private bool _blocked;              // the outbox is full: only its wake helps
    private bool _filling;              // the ring's next record is there, but not finished or not to be taken yet

    /// <summary>Prepares a session on a connection whose WELCOME has been read from <paramref name="reader"/>.</summary>
    public Session(ClientMemory memory, Stream stream, FrameReader reader, WelcomeMessage welcome, ulong features, ILogger log)
    {
        _canVerify = (features & WireLimits.VerifyFeature) != 0;
        _memory = memory;
        _tap = memory.Tap;
        _clock = memory.Clock;
        _log = log;
        _stream = stream;
        _reader = reader;
        _welcome = welcome;
        MirrorClientOptions options = memory.Options;
        _sent = new HierarchicalBitmap(memory.Pending.Length, memory.Pending);
        _outbox = new Outbox(stream, new TokenBucket(options.SendLimit, _clock), Wake);
        _reads = new DiskReads(memory.Disk, options.ReadSlots, new TokenBucket(options.ReadLimit, _clock), read => Post(() => OnRead(read)));
        _sender = new ReadSender(_outbox, Recycle);
        _pump = new RecordPump(_tap, _reads, _outbox, memory.Pending, memory.GranuleBytes);
        _drain = new PendingDrain(_tap, memory.Disk, _reads, _outbox, _sender, memory.Pending, _sent, memory.GranuleBytes);
        _marks = new MarkKeeper(memory, _pump, _drain, _outbox, _sent, new MarkId(welcome.CommittedMark, welcome.CommittedRandom));
        _rate = new RateKeeper(_tap, _clock);
        _hashers = new ThreadLocal<UnitHasher>(() => new UnitHasher(welcome.HashKey));  // a comparison may outlive the session: the collector ends them
        _sentBefore = memory.SentBytes;
        _receivedBefore = memory.ReceivedBytes;
    }

    /// <summary>Runs until the connection ends, on a thread of its own.</summary>
    public Task<SessionEnd> RunAsync()
    {
        var done = new TaskCompletionSource<SessionEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(Run());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = $"mirror {_memory.Options.Volume}" };
        thread.Start();
        return done.Task;
    }

    /// <summary>Asks the session to end cleanly. Any thread.</summary>
    public void Stop() => Post(() =>
    {
        _outbox.Append(default(ByeMessage));
        _end ??= new SessionEnd(null);
    });

    /// <summary>Asks for a scan. Any thread.</summary>
    public void Rescan() => Post(() => Happen(ClientEvent.RescanAsked));

    /// <summary>
    /// Completes <paramref name="waiter"/> when everything written before now is committed and the image was identical at a mark since;
    /// where the tap sees no writes, when a scan that began after now has ended and all of it is committed. Does not complete when the
    /// session ends before: the client asks the next one. Any thread.
    /// </summary>
    public void WaitIdle(TaskCompletionSource waiter) => Post(() =>
    {
        _idleWaiters.Add(new IdleWaiter(waiter, _marks.Begun + 1, _memory.Scans));
        _markWanted = true;
    });

    /// <summary>Takes a verify up, or goes on with it. Any thread.</summary>
    public void Verify(VerifyJob job) => Post(() =>
    {
        if (_verify is { Job.Done.IsCompleted: true }) EndVerify();
        if (_verify is not null || _end is not null || job.Done.IsCompleted) return;
        if (!_canVerify)
        {
            job.Fail(new MirrorControlException($"Volume {_memory.Options.Volume}: the server is too old to verify while Live. Upgrade it, or use 'diskmirror rescan {_memory.Options.Volume}'."));
            return;
        }
        _verify = new VerifyLane(job, _memory, _drain, _outbox, _asked, _hashers, Post);
        _pump.Touched = _verify.Touch;
    });

    /// <summary>The verify that was taken up has ended. Any thread.</summary>
    public void ForgetVerify() => Wake();

    /// <summary>Hands an action to the session's thread. Any thread.</summary>
    private void Post(Action action)
    {
        _inbox.Enqueue(action);
        Wake();
    }

    private void Wake()
    {
        _wake.Set();
        _tap.Wake();
    }

    private void Recycle(DiskRead read) => Post(() => _reads.Recycle(read));

    private SessionEnd Run()
    {
        _lastHeard = _lastAlive = _rateTime = _clock.GetTimestamp();
        _receiver = Task.Run(ReceiveAsync);
        try
        {
            _rate.Lower();
            bool resume = _memory.Record is { } record && record.MatchesServer(_welcome.Server, _welcome.Incarnation, _marks.Committed);
            // The server may hold a mark whose acknowledgement was lost. The next mark takes the place of the one sent: then only this says so.
            if (resume) _memory.Save(_memory.Record! with { Acknowledged = _marks.Committed });
            _continueScan = resume && _memory.Record!.Scanning;
            bool mustScan = !resume || _continueScan || (_welcome.Flags & WelcomeFlags.GuardedScanUnfinished) != 0 || _tap.Description.Kind == TapKind.RescanOnly;
            Happen(mustScan ? ClientEvent.ConnectedScan : ClientEvent.ConnectedResume);
            while (_end is null) Turn();
        }
        catch (Exception e) when (e is IOException or ProtocolException or ObjectDisposedException or OperationCanceledException)
        {
            _end ??= new SessionEnd(e.Message, Fatal: e is IOException && e.InnerException is not null);
        }
        finally
        {
            Finish();
        }
        return _end!;
    }

    private void Turn()
    {
        bool worked = TakeInbox();
        if (_end is not null) return;
        if (_outbox.Failure is { } failure)
        {
            // A refusal may be on its way: what the server says counts more than the broken pipe.
            _receiver.Wait(RefusalLimit);
            TakeInbox();
            _end ??= new SessionEnd($"The connection to {_memory.Options.Server} broke: {failure.Message}");
            return;
        }

        worked |= PumpRecords();
        if (_state is MirrorState.CatchUp or MirrorState.Live) worked |= _drain.Submit(_stop.Token);
        worked |= _drain.Send();
        worked |= StepScan();
        worked |= StepVerify();
        worked |= StepState();  // before a mark, which is due again at once where a commit takes longer than the interval
        worked |= StepMark();
        StepAlive();
        UpdateFigures();
        if (worked) return;
        _outbox.FlushSoon();
        WaitForWork();
    }

    private bool TakeInbox()
    {
        bool worked = false;
        while (_inbox.TryDequeue(out Action? action))
        {
            action();
            worked = true;
        }
        return worked;
    }

    private bool PumpRecords()
    {
        // A guarded scan changes nothing; its ring is empty because the rate is Off.
        if (_scanAsked || _scan is { Guarded: true }) return false;
        bool worked = _pump.Run(_marks.PumpLimit);
        if (worked) _memory.Uncommitted = true;
        _blocked = !_outbox.HasRoom;
        _filling = !worked && !_blocked && _tap.Consumed < _tap.Produced;
        return worked;
    }

    private bool StepScan()
    {
        if (_scan is null) return false;
        bool worked = _scan.Step(() => _tap.Produced, _tap.Consumed);
        _memory.ScannedBytes = _scan.Position;
        if (_scan.Ended)
        {
            _scan = null;
            _scanEndedAt = _clock.GetTimestamp();
            _scanUncommitted = true;
            Happen(ClientEvent.ScanEnded);
            worked = true;
        }
        return worked;
    }

    private void EndVerify()
    {
        _verify!.Close();
        _verify = null;
        _pump.Touched = null;
    }

    private bool StepVerify()
    {
        if (_verify is not { } verify) return false;
        if (verify.Job.Done.IsCompleted)
        {
            EndVerify();
            return true;
        }
        if (_state != MirrorState.Live || !_rate.AtHighest)
        {
            verify.Pause();
            return false;
        }
        _markWanted |= verify.Job.WantsMark;
        return verify.Step(_marks.Begun);
    }

    private void DropScan()
    {
        if (_scan is null) return;
        _scan.Stop();
        _scan = null;
        for (int i = _reads.Busy.Count - 1; i >= 0; i--)
        {
            if (_reads.Busy[i] is not { Chunk: not null, Completed: true } read) continue;
            _reads.Retire(read);
            _reads.Recycle(read);
        }
    }

    private void OnRead(DiskRead read)
    {
        read.Completed = true;
        if (read.Chunk is null) _drain.OnArrived();
        else if (_scan is null || !_scan.Owns(read.Chunk))
        {
            _reads.Retire(read);
            _reads.Recycle(read);
        }
    }

    private void StepAlive()
    {
        long now = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_lastHeard, now) >= _memory.Options.Silence)
            throw new IOException($"{_memory.Options.Server} has been silent for {_memory.Options.Silence.TotalSeconds:0} s.");
        if (_outbox.SentBytes >= _memory.Options.ConnectionBytes || _reader.BytesRead >= _memory.Options.ConnectionBytes)
        {
            _end = new SessionEnd($"{_memory.Options.ConnectionBytes} bytes have gone over this connection; a new one takes over.");
            return;
        }
        if (_clock.GetElapsedTime(_lastAlive, now) < AliveInterval) return;
        _lastAlive = now;
        if (_memory.Outgrown)
        {
            // The client opens disk and tap anew, and the next session goes on with them.
            _outbox.Append(default(ByeMessage));
            _end = new SessionEnd(null);
            return;
        }
        _outbox.Append(new AliveMessage((StreamState)_state, _tap.Rate, _memory.Pending.Count * _memory.GranuleBytes, _memory.QueuedBytes, _memory.ScannedBytes));
        _outbox.Flush();
    }

    private void UpdateFigures()
    {
        _memory.QueuedBytes = _tap.Waiting + _outbox.QueuedBytes;
        _memory.SentBytes = _sentBefore + _outbox.SentBytes;
        _memory.ReceivedBytes = _receivedBefore + _reader.BytesRead;
        long now = _clock.GetTimestamp();
        TimeSpan passed = _clock.GetElapsedTime(_rateTime, now);
        if (passed < TimeSpan.FromSeconds(1)) return;
        long total = _state == MirrorState.Scanning ? _memory.ScannedBytes : _outbox.SentBytes;
        _memory.BytesPerSecond = Math.Max(0, (long)((total - _rateBytes) / passed.TotalSeconds));
        _rateTime = now;
        _rateBytes = total;
    }

    private void WaitForWork()
    {
        if (!_inbox.IsEmpty) return;
        TimeSpan most = _marks.Busy ? TimeSpan.FromSeconds(1) : _memory.Options.MarkInterval - _clock.GetElapsedTime(Math.Max(_marks.BegunTime, _lastIdleCheck));
        if (_state == MirrorState.CatchUp) most = TimeSpan.FromMilliseconds(20);
        if (_reads.Delay is { Ticks: > 0 } delay && delay < most) most = delay;
        if (_verify?.Delay is { Ticks: > 0 } limited && limited < most) most = limited;
        most = TimeSpan.FromTicks(Math.Clamp(most.Ticks, TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerSecond));
        if (_filling) most = TimeSpan.FromMilliseconds(1);
        if (_blocked || _filling || _scanAsked || _scan is { Guarded: true }) _wake.WaitOne(most);
        else _tap.Wait(most);
    }

    private void Finish()
    {
        _rate.Lower();
        bool clean = _end is { Error: null };
        _outbox.CloseAsync(clean ? TimeSpan.FromSeconds(2) : TimeSpan.Zero).GetAwaiter().GetResult();
        _stop.Cancel();
        _scan?.Stop();
        _verify?.Close();
        _stream.Dispose();
        _receiver.GetAwaiter().GetResult();
        _reads.WaitForAll();
        _memory.SentBytes = _sentBefore + _outbox.SentBytes;
        _memory.ReceivedBytes = _receivedBefore + _reader.BytesRead;
        _memory.QueuedBytes = 0;
        _memory.BytesPerSecond = 0;
        _marks.GiveBack();
        _outbox.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _memory.Enter(MirrorState.NoConn);
    }
}
