using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

// What the server says. Frames are decoded on the receiving task and acted upon on the session's thread.
internal sealed partial class Session
{
    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                MessageType type = await _reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _lastHeard, _clock.GetTimestamp());
                if (type == MessageType.None) throw new EndOfStreamException($"{_memory.Options.Server} closed the connection.");
                // A server that answers what nobody asked must not fill this client's memory.
                if (_inbox.Count > MaxInbox) throw new ProtocolException(type, "the server sends more than it was asked for");
                if (Decode(type) is { } action) Post(action);
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            Post(() => _end ??= new SessionEnd(e.Message));
        }
    }

    private Action? Decode(MessageType type)
    {
        switch (type)
        {
            case MessageType.Committed:
                var committed = _reader.Message<CommittedMessage>();
                return () => OnCommitted(committed);
            case MessageType.StateOk:
                var ok = _reader.Message<StateOkMessage>();
                return () => _catchUpKnown |= ok.State == StreamState.CatchUp && _state == MirrorState.CatchUp;
            case MessageType.ScanBegun:
                var begun = _reader.Message<ScanBegunMessage>();
                return () => OnScanBegun(begun);
            case MessageType.Hashes:
                var hashes = _reader.Message<HashesMessage>();
                object asker = _asked.Take() ?? throw new ProtocolException(type, "no hashes were asked for");
                byte[]? tags = _reader.Payload?.Memory.ToArray();
                return () =>
                {
                    if (asker is VerifyLane verify) verify.OnHashes(hashes, tags);
                    else if (asker == _scan) _scan.OnHashes(hashes, tags);
                };
            case MessageType.ScanProceed:
                return () =>
                {
                    if (_scan is not { Guarded: true }) return;
                    _scan.OnProceed();
                };
            case MessageType.Refused:
                var refused = _reader.Message<RefusedMessage>();
                return () => _end ??= new SessionEnd(refused.Text, refused.Code, TimeSpan.FromSeconds(refused.RetryAfterSeconds));
            case MessageType.Alive:
                return null;
            default:
                throw new ProtocolException(type, "the server may not send this now");
        }
    }

    private void OnCommitted(CommittedMessage committed)
    {
        bool consistent = _marks.OnCommitted(committed);
        // A mark of a comparison that may yet be refused, or on the way to a sector that cannot be read, has healed nothing.
        if (_scan is not { Guarded: true } && (consistent || !_memory.DiskFailed))
        {
            _memory.LastError = null;
            _memory.Needs = null;
            _memory.DiskFailed = false;
        }
        if (consistent) _memory.Uncommitted = !_marks.NothingSince;
        if (_scanUncommitted && _state == MirrorState.Live && _memory.Pending.IsEmpty && _marks.NothingSince)
        {
            _scanUncommitted = false;
            _memory.ScannedAt = _memory.ScanBegunAt;
        }

        if (consistent && _verify is { } verify && verify.Job.OnConsistent(committed.Number)) verify.Job.End();
        for (int i = _idleWaiters.Count - 1; i >= 0; i--)
        {
            IdleWaiter waiter = _idleWaiters[i];
            bool safe = _tap.Description.Kind == TapKind.RescanOnly
                ? _state == MirrorState.Live && _memory.Scans > waiter.Scans && _memory.Pending.IsEmpty && _marks.NothingSince
                : consistent;
            if (!safe || committed.Number < waiter.FirstMark)
            {
                _markWanted = _state == MirrorState.Live;
                continue;
            }
            waiter.Done.TrySetResult();
            _idleWaiters.RemoveAt(i);
        }
    }

    private void OnScanBegun(ScanBegunMessage begun)
    {
        if (!_scanAsked) throw new ProtocolException(MessageType.ScanBegun, "no scan was asked for");
        _scanAsked = false;
        if (_state != MirrorState.Scanning) return; // a rescan was asked for meanwhile; it will ask again
        bool guarded = (begun.Flags & ScanBegunFlags.Guarded) != 0;
        long position = 0;
        ScanFindings findings = default;
        if (_continueScan && _memory.Record is { } record && record.Incarnation == begun.Incarnation)
        {
            position = record.ScanPosition;
            findings = record.Findings;
        }
        else
        {
            _memory.Scans++;
            _memory.ScanBegunAt = _clock.GetUtcNow();
            _memory.ConsistentAt = null;
            _memory.Consistent = false;
            _memory.Save(new ResumeRecord
            {
                Server = _welcome.Server,
                Incarnation = begun.Incarnation,
                Acknowledged = _marks.Committed,
                Sent = _marks.Committed,
                Scanning = true,
                Guarded = guarded,
            });
        }
        _continueScan = true; // within this incarnation, from now on
        _scan = new ScanRun(_memory.Disk, _reads, _outbox, _sender, _memory.Pending, _memory.GranuleBytes, _hashers, _asked, Post) { Guarded = guarded };
        _scan.Begin(position, findings);
        LogScan(_memory.Options.Volume, position, guarded);
        TellServer();
    }

    [LoggerMessage(1101, LogLevel.Information, "{Volume}: {Old} -> {New} ({Event}).")]
    private partial void LogState(string volume, MirrorState old, MirrorState @new, ClientEvent @event);

    [LoggerMessage(1102, LogLevel.Information, "{Volume}: comparing disk and image from byte {Position} on; guarded: {Guarded}.")]
    private partial void LogScan(string volume, long position, bool guarded);

    [LoggerMessage(1103, LogLevel.Error, "{Volume}: {Illegal} Please report this.")]
    private partial void LogIllegal(string volume, string illegal);
}
