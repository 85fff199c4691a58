using Mirror.Core.Control;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>When a mark is due, when the state changes, and what that brings with it.</summary>
internal sealed partial class Session
{
    private bool StepMark()
    {
        if (_scanAsked) return false;
        if (!_marks.Busy)
        {
            TimeSpan since = _clock.GetElapsedTime(_marks.BegunTime);
            bool due = _markWanted || since >= _memory.Options.MarkInterval || _outbox.SentBytes - _lastMarkSentBytes >= _memory.Options.MarkBytes;
            // A round of catching up is over: what came meanwhile is the next, unless the rate may rise now (StepState).
            bool round = _state == MirrorState.CatchUp && !_rate.AtHighest && _rate.Delay() > TimeSpan.Zero
                && _memory.Pending.IsEmpty && !_drain.AnyUnderWay && since >= TimeSpan.FromMilliseconds(20);
            if (!due && !round) return false;
            if (!_markWanted && !round && since < IdleMarkInterval && StayIdle()) return false;
            BeginMark();
            return true;
        }
        return _marks.Step(_state == MirrorState.Live, _scan) || _marks.Lost;
    }

    private void BeginMark()
    {
        _markWanted = false;
        _lastMarkSentBytes = _outbox.SentBytes;
        bool undelivered = _marks.Begin(discardRing: false);
        _flippedSinceOff = true;
        if (_state == MirrorState.CatchUp && undelivered)
        {
            long collected = _marks.Collected * _memory.GranuleBytes;
            long sent = _drain.SentBytes - _roundSent;
            _gaining = collected > sent && sent > 0;
            _memory.Behind = _gaining && collected > Little;
        }
        _roundSent = _drain.SentBytes;
        if (undelivered && _state == MirrorState.Live) Happen(ClientEvent.RateFell);
    }

    /// <summary>Whether no mark is needed because nothing was written since the last one; then the sums alone say that the image is still the disk.</summary>
    private bool StayIdle()
    {
        if (_state != MirrorState.Live || !_memory.Consistent || !_memory.Pending.IsEmpty || !_marks.NothingSince || !_rate.AtHighest) return false;
        if (_clock.GetElapsedTime(_lastIdleCheck) < _memory.Options.MarkInterval) return true;
        _lastIdleCheck = _clock.GetTimestamp();
        if (_marks.CheckSums() != SumsVerdict.Agree) return false;
        if (!_marks.NothingSince || _memory.Outgrown) return false;
        _memory.ConsistentAt = _clock.GetUtcNow();
        _memory.SafeSince = _lastIdleCheck;
        return true;
    }

    private bool StepState()
    {
        if (_marks.Lost)
        {
            _marks.Lost = false;
            Happen(ClientEvent.RescanAsked);
        }
        if (_rate.Fell() && _state == MirrorState.Live) Happen(ClientEvent.RateFell);
        switch (_state)
        {
            // Where reads take longer than a mark interval something is always pending until the rate rises; where they are slower than the writer, much is.
            case MirrorState.CatchUp when _catchUpKnown && !_marks.Busy && !_rate.AtHighest
                && (_memory.Pending.Count * _memory.GranuleBytes <= Little || (_gaining && _outbox.QueuedBytes <= Little)):
                if (_rate.Delay() > TimeSpan.Zero) return false;
                _rate.Raise();
                BeginMark(); // the barrier: what the old rate did not deliver is pending now
                return true;

            case MirrorState.CatchUp when _catchUpKnown && !_marks.Busy && _rate.AtHighest && _memory.Pending.IsEmpty && !_drain.AnyUnderWay && _tap.Waiting <= Little:
                Happen(ClientEvent.CaughtUp);
                return true;

            // Whoever waits for what is on the disk now waits for a scan that has not begun yet: it begins at once.
            case MirrorState.Live when _tap.Description.Kind == TapKind.RescanOnly &&
                (_clock.GetElapsedTime(_scanEndedAt) >= _memory.Options.RescanInterval || _idleWaiters.Exists(w => w.Scans >= _memory.Scans && !w.Done.Task.IsCompleted)):
                Happen(ClientEvent.RescanAsked);
                return true;

            case MirrorState.Rescan when !_marks.Busy && !_flippedSinceOff:
                BeginMark();
                return true;

            case MirrorState.Rescan when _flippedSinceOff && !_marks.Busy && _tap.Waiting == 0 && !_drain.AnyUnderWay:
                Happen(ClientEvent.Settled);
                return true;

            default:
                return false;
        }
    }

    /// <summary>Takes one step of the state machine and carries its effects out.</summary>
    private void Happen(ClientEvent happened)
    {
        ClientTransition next = ClientStateMachine.Next(_state, happened);
        if (next.Illegal is not null)
        {
            LogIllegal(_memory.Options.Volume, next.Illegal);
            _memory.LastError = next.Illegal;
            return;
        }
        if (next.State != _state) LogState(_memory.Options.Volume, _state, next.State, happened);
        if (happened == ClientEvent.RescanAsked)
        {
            // A crash from here on must scan, too.
            _memory.Save(null);
            _continueScan = false;
            DropScan();
        }
        _state = next.State;
        _memory.Enter(_state);
        if (next.Effects.HasFlag(ClientEffects.TapOff))
        {
            _rate.Lower();
            _flippedSinceOff = false;
        }
        if (next.Effects.HasFlag(ClientEffects.Collect))
        {
            _marks.Begin(discardRing: true);
            _flippedSinceOff = true;
        }
        if (next.Effects.HasFlag(ClientEffects.BeginScan))
        {
            _scanAsked = true;
            _outbox.Append(new ScanBeginMessage(_continueScan ? ScanBeginFlags.Continue : ScanBeginFlags.None));
            _outbox.Flush();
        }
        if (next.Effects.HasFlag(ClientEffects.TellServer)) TellServer();
    }

    private void TellServer()
    {
        if (_state == MirrorState.CatchUp) _catchUpKnown = _gaining = false;
        _outbox.Append(new StateMessage((StreamState)_state));
        _outbox.Flush();
    }
}
