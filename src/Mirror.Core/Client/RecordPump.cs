using System.Diagnostics;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// Moves the ring's records into the stream, in their order. Part of the sequencer: what a record changes is noted on every disk read
/// that is under way before the record leaves the ring.
/// </summary>
internal sealed class RecordPump(ITap tap, DiskReads reads, Outbox outbox, HierarchicalBitmap pending, int granuleBytes)
{
    private const long BytesPerTurn = 2 << 20;
    private readonly HashSet<ulong> _open = [];
    private readonly ConcurrentWrites _concurrent = new(Stopwatch.GetTimestamp());

    /// <summary>Told of every change that a record makes, before it leaves the ring; null when nobody listens.</summary>
    public Action<long, long>? Touched { get; set; }

    /// <summary>Requests of which some records have been forwarded and the last one has not.</summary>
    public IReadOnlySet<ulong> Open => _open;

    /// <summary>Forwards records while the outbox has room, up to <paramref name="until"/> in the ring, and on from there to the first place where no request is open.</summary>
    /// <returns>Whether any was there.</returns>
    public bool Run(long until)
    {
        long left = BytesPerTurn;
        bool worked = false;
        while (left > 0 && (tap.Consumed < until || _open.Count > 0) && outbox.HasRoom && tap.TryPeek(out TapRecord record))
        {
            left -= record.Head.Length + record.Tail.Length + 64;
            Forward(record);
            tap.Advance();
            worked = true;
        }
        return worked;
    }

    /// <summary>Throws away what is in the ring now; the bitmaps know all of it.</summary>
    public void Discard()
    {
        long until = tap.Produced;
        while (tap.Consumed < until && tap.TryPeek(out TapRecord _)) tap.Advance();
        _open.Clear();
    }

    /// <summary>
    /// Forgets requests whose last record will never come, because something was not delivered; of those that ran before a flip, when the ring has been
    /// consumed to where it was after it. One that is running now is forgotten too: the next flip waits for it, so nothing of it is left to come then.
    /// </summary>
    public void ForgetOpen() => _open.Clear();

    /// <summary>Some writes up to now did not come through the ring; the bitmaps know of them. One that is on its way now may overlap them.</summary>
    public void Miss() => _concurrent.Miss(Stopwatch.GetTimestamp());

    private void Forward(in TapRecord record)
    {
        Touched?.Invoke(record.Offset, record.Length);
        switch (record.Kind)
        {
            case TapRecordKind.Data:
                reads.Touch(record.Offset, record.Length);
                outbox.AppendWrite(record.Sector, record.Head, record.Tail);
                if (_concurrent.Note(record)) MakePending(record);
                break;
            case TapRecordKind.Zero:
                reads.Touch(record.Offset, record.Length);
                outbox.AppendZero(record.Sector, record.Sectors);
                if (_concurrent.Note(record)) MakePending(record);
                break;
            default:
                _concurrent.Note(record);
                MakePending(record);
                break;
        }
        if (record.Last) _open.Remove(record.Request);
        else _open.Add(record.Request);
    }

    /// <summary>Only the disk knows the content. A read under way may or may not have seen it, but a later one will.</summary>
    private void MakePending(in TapRecord record)
    {
        long first = record.Offset / granuleBytes;
        pending.Add(first, (record.Offset + record.Length - 1) / granuleBytes - first + 1);
    }
}
