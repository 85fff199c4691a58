using System.Buffers.Binary;
using System.Security.Cryptography;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// Makes marks and takes their acknowledgements. One mark is under way at a time:
/// <code>
///   None --Begin: flip, P = produced--> Draining --P and (when Live) the requests that are open are in the stream, sums: MARK--> Sent --COMMITTED--> None
/// </code>
/// The order in which bitmaps are filled before others are cleared is the invariant of docs/consistency.md section 2.
/// </summary>
internal sealed class MarkKeeper(ClientMemory memory, RecordPump pump, PendingDrain drain, Outbox outbox, HierarchicalBitmap sent, MarkId committed)
{
    private enum Stage
    {
        None,
        Draining,
        Sent,
    }

    /// <summary>Bytes of the ring, after P, within which a place is looked for where no request is open. Of many processors some may always have one.</summary>
    private const long WholeBytes = 4 << 20;

    private readonly HashSet<ulong> _openAtP = [];
    private readonly ITap _tap = memory.Tap;
    private readonly HierarchicalBitmap _sentBefore = new(memory.Pending.Length, memory.Pending);
    private readonly HierarchicalBitmap _underWay = new(memory.Pending.Length, memory.Pending);
    private Stage _stage;
    private bool _openTaken;
    private bool _undelivered;      // of the generation that the flip has ended
    private long _position;         // P
    private long _sentPosition;     // in the ring, of the MARK
    private long _committedPosition = -1;
    private MarkId _id;
    private bool _consistent;
    private long _scanPosition;
    private ScanFindings _findings;
    private bool _scanning;

    /// <summary>Whether a mark is under way.</summary>
    public bool Busy => _stage != Stage.None;

    /// <summary>The mark at which the server's image is, as far as it has said.</summary>
    public MarkId Committed { get; private set; } = committed;

    /// <summary>The number of the last mark that was begun; what was written before a <see cref="Begin"/> with a higher one is covered by it.</summary>
    public ulong Begun { get; private set; } = memory.LastMark;

    /// <summary>When the last mark was begun, of the clock.</summary>
    public long BegunTime { get; private set; } = memory.Clock.GetTimestamp();

    /// <summary>Whether everything that the ring has delivered is covered by a committed mark.</summary>
    public bool NothingSince => _tap.Produced == _committedPosition && sent.IsEmpty;

    /// <summary>Granules that the last flip made pending.</summary>
    public long Collected { get; private set; }

    /// <summary>What the sums said when the last mark was sent.</summary>
    public SumsVerdict Sums { get; private set; } = SumsVerdict.Undetermined;

    /// <summary>Whether the sums ask for a scan; the session clears it when it has begun to.</summary>
    public bool Lost { get; set; }

    /// <summary>The ring position that the pump must not run past unless requests are open there: P while a mark waits to be sent.</summary>
    public long PumpLimit => _stage == Stage.Draining ? _position : long.MaxValue;

    /// <summary>Begins a mark.</summary>
    /// <param name="discardRing">Throw away what the ring holds; its bits become pending with the rest.</param>
    /// <returns>Whether something had not been delivered; it is pending now.</returns>
    public bool Begin(bool discardRing)
    {
        if (Busy) throw new InvalidOperationException("A mark is under way.");
        _tap.MergeOldIntoCurrent();
        bool undelivered = _tap.Flip();
        if (discardRing) pump.Discard();
        long before = memory.Pending.Count;
        if (undelivered || discardRing)
        {
            _tap.CopyOldTo(memory.Pending);
            pump.Miss();
        }
        Collected = memory.Pending.Count - before;
        _position = _tap.Produced;
        BegunTime = memory.Clock.GetTimestamp();
        _undelivered = undelivered;
        _openTaken = false;
        _stage = Stage.Draining;
        Begun++;
        return undelivered;
    }

    /// <summary>Sends the mark when everything that belongs before it is in the stream. The sums are checked last, so that they cover all of it.</summary>
    /// <param name="live">Whether the state is Live.</param>
    /// <param name="scan">The scan under way; null when there is none.</param>
    /// <returns>Whether the mark was sent.</returns>
    public bool Step(bool live, ScanRun? scan)
    {
        if (_stage != Stage.Draining || _tap.Consumed < _position) return false;
        if (!_openTaken)
        {
            if (_undelivered) pump.ForgetOpen();
            _openAtP.Clear();
            _openAtP.UnionWith(pump.Open);
            _openTaken = true;
        }
        _openAtP.IntersectWith(pump.Open);
        // Only a consistent mark needs them whole. When the rest of one was not delivered, and so never comes, the state is not Live any more.
        if (live && (_openAtP.Count > 0 || (pump.Open.Count > 0 && _tap.Consumed - _position < WholeBytes))) return false;

        Sums = CheckSums();
        if (Lost) return false;
        _consistent = live && !_undelivered && Sums == SumsVerdict.Agree && memory.Pending.IsEmpty && !drain.AnyUnderWay && _tap.Consumed >= drain.LastReadEnd
            && !memory.Outgrown;    // asked last: what was written after the disk grew may be in the stream
        _scanPosition = scan?.Position ?? 0;
        _findings = scan?.Findings ?? default;
        _scanning = scan is not null;
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        _id = new MarkId(Begun, BinaryPrimitives.ReadUInt64LittleEndian(random));
        memory.LastMark = Begun;
        if (memory.Record is { } record) memory.Save(record with { Sent = _id });
        outbox.Append(new MarkMessage(_id.Number, _id.Random, _consistent ? MarkFlags.Consistent : MarkFlags.None,
            _scanPosition >> Units.SectorShift, memory.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        outbox.Flush();
        _sentBefore.UnionWith(sent);
        sent.Clear();
        _sentPosition = _tap.Consumed;
        _stage = Stage.Sent;
        return true;
    }

    /// <summary>The server holds everything before the mark. Returns whether the mark was a consistent one.</summary>
    public bool OnCommitted(CommittedMessage message)
    {
        if (_stage != Stage.Sent || new MarkId(message.Number, message.Random) != _id) throw new ProtocolException(MessageType.Committed, "this mark was not sent");
        Committed = _id;
        _sentBefore.Clear();
        Keep();
        if (memory.Record is { } record)
        {
            memory.Save(record with { Acknowledged = _id, Scanning = _scanning, ScanPosition = _scanPosition, Findings = _findings });
        }
        _tap.ClearOld();
        _stage = Stage.None;
        _committedPosition = _sentPosition;
        memory.CommittedMark = _id.Number;
        memory.Consistent = _consistent;
        if (_consistent)
        {
            memory.SafeSince = BegunTime;
            memory.ConsistentAt = memory.Clock.GetUtcNow() - memory.Clock.GetElapsedTime(BegunTime);
        }
        return _consistent;
    }

    /// <summary>Checks the sums without a mark, while nothing is written; what they ask for is made safe before they are accepted.</summary>
    public SumsVerdict CheckSums()
    {
        if (memory.Options.IgnoreSums) return SumsVerdict.Agree;
        SumsVerdict sums = _tap.CheckSums();
        switch (sums)
        {
            case SumsVerdict.Hole:
                _tap.CopyIssuedTo(memory.Pending);
                pump.Miss();
                Keep();
                _tap.AcceptSums();
                break;
            case SumsVerdict.Lost:
                memory.Save(null); // a crash from here on must scan, too
                _tap.AcceptSums();
                Lost = true;
                break;
        }
        return sums;
    }

    /// <summary>Makes pending again what was sent and not committed; the session ends.</summary>
    public void GiveBack()
    {
        memory.Pending.UnionWith(sent);
        memory.Pending.UnionWith(_sentBefore);
        drain.AddUnderWayTo(memory.Pending);
        sent.Clear();
        _sentBefore.Clear();
        _stage = Stage.None;
    }

    private void Keep()
    {
        _underWay.Clear();
        drain.AddUnderWayTo(_underWay);
        _tap.Keep(memory.Pending, _underWay, sent, _sentBefore);
    }
}
