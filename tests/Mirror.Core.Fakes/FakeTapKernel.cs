using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Core.Fakes;

/// <summary>
/// The kernel's half of a tap: what outlives the client process. Programs run under the disk's lock; everything that
/// <see cref="ITap"/> promises of bitmaps, ring, limits and sums is done here as simply as possible.
/// </summary>
public sealed class FakeTapKernel
{
    internal sealed record Entry(TapRecordKind Kind, long Sector, long Sectors, ulong Request, bool Last, byte[] Data)
    {
        public long Bytes => 32 + Data.Length;
    }

    private readonly int _granule;
    private ulong _requests;
    private long _completions;
    private long _issues;

    public FakeTapKernel(FakeDisk disk, int granuleBytes = Units.DefaultGranuleBytes)
    {
        Disk = disk;
        _granule = granuleBytes;
        long granules = (disk.SizeBytes + granuleBytes - 1) / granuleBytes;
        Current = new HierarchicalBitmap(granules);
        Old = new HierarchicalBitmap(granules);
        Kept = new HierarchicalBitmap(granules);
        Issued = new HierarchicalBitmap(granules);
        lock (disk.Gate) disk.Tap = this;
    }

    public FakeDisk Disk { get; }

    public int GranuleBytes => _granule;

    /// <summary>Bytes with data that may wait before the rate falls to Lo.</summary>
    public long DataLimit { get; set; } = 1 << 20;

    /// <summary>Records without data that may wait before it falls to Off.</summary>
    public int RecordLimit { get; set; } = 256;

    /// <summary>Hide every n-th completion from the program; 0 for none.</summary>
    public int HideCompletions { get; set; }

    /// <summary>Hide every n-th issue as well; 0 for none.</summary>
    public int HideIssues { get; set; }

    public bool Attached { get; set; } = true;

    internal HierarchicalBitmap Current { get; set; }

    internal HierarchicalBitmap Old { get; set; }

    internal HierarchicalBitmap Kept { get; }

    internal HierarchicalBitmap Issued { get; }

    internal Queue<Entry> Ring { get; } = [];

    internal long Produced { get; set; }

    internal long Consumed { get; set; }

    internal int WaitingWithoutData { get; set; }

    internal TapRate Rate { get; set; }

    internal bool UndeliveredCurrent { get; set; }

    internal bool UndeliveredOld { get; set; }

    internal long Counted { get; set; }      // C
    internal long CountedIssued { get; set; }
    internal long Statistics { get; set; }   // S
    internal long Base { get; set; }
    internal long BaseIssued { get; set; }
    internal byte[] State { get; set; } = [];
    internal long Undelivered { get; set; }
    internal long OffEpisodes { get; set; }
    internal long Holes { get; set; }
    internal long Writes { get; set; }
    internal Action? Woken { get; set; }

    internal void OnWrite(long offset, ReadOnlySpan<byte> data)
    {
        if (!See(offset, data.Length, out bool hidden) || hidden) return;
        ulong request = ++_requests;
        // A request's pages are records of their own, as in the real ring.
        for (int at = 0; at < data.Length;)
        {
            int piece = Math.Min(data.Length - at, 4096 - (int)((offset + at) & 4095));
            Emit(TapRecordKind.Data, offset + at, piece, request, at + piece == data.Length, data.Slice(at, piece));
            at += piece;
        }
        Woken?.Invoke();
    }

    internal void OnZero(long offset, long length)
    {
        if (!See(offset, length, out bool hidden) || hidden) return;
        Emit(TapRecordKind.Zero, offset, length, ++_requests, true, default);
        Woken?.Invoke();
    }

    internal void OnSide(long offset, long length)
    {
        if (!Attached) return;
        Mark(Current, offset, length);
        Mark(Issued, offset, length);
        Emit(TapRecordKind.SideRead, offset, length, ++_requests, true, default);
        Woken?.Invoke();
    }

    internal void Mark(HierarchicalBitmap target, long offset, long length)
    {
        long first = offset / _granule;
        target.Add(first, (offset + length - 1) / _granule - first + 1);
    }

    private bool See(long offset, long length, out bool hidden)
    {
        hidden = false;
        if (!Attached) return false;
        if (HideIssues == 0 || ++_issues % HideIssues != 0)
        {
            Mark(Issued, offset, length);
            CountedIssued += length >> Units.SectorShift;
        }
        Statistics += length >> Units.SectorShift;
        if (HideCompletions != 0 && ++_completions % HideCompletions == 0)
        {
            hidden = true;
            return true;
        }
        Counted += length >> Units.SectorShift;
        Writes++;
        Mark(Current, offset, length);
        return true;
    }

    private void Emit(TapRecordKind kind, long offset, long length, ulong request, bool last, ReadOnlySpan<byte> data)
    {
        TapRate rate = Rate;
        if (rate == TapRate.Hi && Produced - Consumed >= DataLimit) rate = Rate = TapRate.Lo;
        if (rate == TapRate.Lo && WaitingWithoutData >= RecordLimit)
        {
            rate = Rate = TapRate.Off;
            OffEpisodes++;
        }
        if (rate == TapRate.Off)
        {
            UndeliveredCurrent = true;
            Undelivered++;
            return;
        }
        bool block = rate == TapRate.Lo && kind is (TapRecordKind.Data or TapRecordKind.Zero);
        var entry = new Entry(block ? TapRecordKind.Block : kind, offset >> Units.SectorShift, length >> Units.SectorShift, request, last, block ? [] : data.ToArray());
        if (entry.Data.Length == 0) WaitingWithoutData++;
        Ring.Enqueue(entry);
        Produced += entry.Bytes;
    }
}
