using Mirror.Core.Blocks;
using Mirror.Core.Disks;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// Reads pending granules in disk order with several reads under way, and sends them. Part of the sequencer: a read's data is sent when
/// every record before its stamp is in the stream; granules touched since the stamp become pending again. Reads enter the stream in the order of
/// their submission: a granule that was written to meanwhile, and whose content no record has, may be in two, and the later one must have the last word.
/// </summary>
internal sealed class PendingDrain(ITap tap, IDisk disk, DiskReads reads, Outbox outbox, ReadSender sender, HierarchicalBitmap pending, HierarchicalBitmap sent, int granuleBytes)
{
    private long _cursor;

    /// <summary>The ring's producer position when the data of the last read had arrived: the image is no instant of the disk before it.</summary>
    public long LastReadEnd { get; private set; }

    /// <summary>Bytes sent from pending.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Submits as many reads as slots and outbox allow.</summary>
    public bool Submit(CancellationToken cancellation)
    {
        bool worked = false;
        while (!pending.IsEmpty && outbox.HasRoom && reads.HasRoom)
        {
            if (!pending.NextRun(_cursor, DiskRead.MaxBytes / granuleBytes, out long first, out long count))
            {
                _cursor = 0;
                continue;
            }
            pending.Remove(first, count);
            _cursor = first + count;
            long offset = first * granuleBytes;
            reads.Submit(offset, (int)Math.Min(count * granuleBytes, disk.SizeBytes - offset), tap.Produced, null, null, cancellation);
            worked = true;
        }
        return worked;
    }

    /// <summary>Sends the reads that are complete and whose time has come.</summary>
    public bool Send()
    {
        bool worked = false;
        for (int i = 0; i < reads.Busy.Count && outbox.HasRoom;)
        {
            DiskRead read = reads.Busy[i];
            if (read.Chunk is not null)
            {
                i++;
                continue;
            }
            if (!read.Completed || tap.Consumed < read.Stamp) break;
            if (read.Error is not null) throw new IOException(read.Error.Message, read.Error);
            reads.Retire(read);
            SentBytes += read.Length;
            read.AddTo(sent, granuleBytes);
            read.AddTouchedTo(pending, granuleBytes);
            sender.SendAll(read);
            worked = true;
        }
        return worked;
    }

    /// <summary>Notes that the data of a read has arrived.</summary>
    public void OnArrived() => LastReadEnd = tap.Produced;

    /// <summary>Whether a read is under way or waits to be sent.</summary>
    public bool AnyUnderWay => reads.Busy.Count > 0;

    /// <summary>Whether a byte is being read, or was read and not handed to the outbox.</summary>
    public bool Covers(long offset)
    {
        foreach (DiskRead read in reads.Busy)
        {
            if (read.Chunk is null && offset >= read.Offset && offset < read.Offset + read.Length) return true;
        }
        return false;
    }

    /// <summary>Adds to <paramref name="target"/> what is being read, or was read and not handed to the outbox.</summary>
    public void AddUnderWayTo(HierarchicalBitmap target)
    {
        foreach (DiskRead read in reads.Busy)
        {
            if (read.Chunk is null) read.AddTo(target, granuleBytes);
        }
    }
}
