using System.Diagnostics;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Core.Fakes;

/// <summary>
/// The kernel's half of a tap: what outlives the client process. Programs run under the disk's lock, unless <see cref="BetweenRecords"/> is set;
/// everything that <see cref="ITap"/> promises of bitmaps, ring, limits and sums is done here as simply as possible.
/// </summary>
public sealed class FakeTapKernel
{
    internal sealed record Entry(TapRecordKind Kind, long Sector, long Sectors, ulong Request, bool Last, long Started, long Completed, byte[] Data)
    {
        public long Bytes => 32 + Data.Length;
    }

    internal sealed class Generation(long granules)
    {
        public HierarchicalBitmap Marks { get; } = new(granules);

        /// <summary>Something in it was not delivered.</summary>
        public bool Undelivered { get; set; }

        /// <summary>Requests whose program has looked it up and has not ended.</summary>
        public int Running { get; set; }
    }

    internal sealed class Request(ulong number, Generation generation, long offset, long started, long completed)
    {
        public long Started { get; } = started;

        public long Completed { get; } = completed;

        public ulong Number { get; } = number;

        /// <summary>The one that its program has looked up.</summary>
        public Generation Generation { get; } = generation;

        public long Offset { get; } = offset;

        /// <summary>Bytes of which there are records.</summary>
        public int Emitted { get; set; }
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
        Current = new Generation(granules);
        Old = new Generation(granules);
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

    /// <summary>What happens between two records of a write, with nothing locked; null: a write and all its records are one step.</summary>
    public Action? BetweenRecords { get; set; }

    internal Generation Current { get; set; }

    internal Generation Old { get; set; }

    internal HierarchicalBitmap Kept { get; }

    internal HierarchicalBitmap Issued { get; }

    internal Queue<Entry> Ring { get; } = [];

    internal long Produced { get; set; }

    internal long Consumed { get; set; }

    internal int WaitingWithoutData { get; set; }

    internal TapRate Rate { get; set; }

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

    /// <summary>A write has changed the content. Its first record comes at once, so whoever has read the new content finds the request begun.</summary>
    internal Request? Begin(long offset, ReadOnlySpan<byte> data) => Begin(offset, data, Now());

    /// <summary>The same of one that is on its way since <paramref name="started"/>.</summary>
    internal Request? Begin(long offset, ReadOnlySpan<byte> data, long started)
    {
        if (!See(offset, data.Length, out bool hidden) || hidden) return null;
        Current.Running++;
        var request = new Request(++_requests, Current, offset, started, Now());
        EmitPage(request, data);
        return request;
    }

    /// <summary>A moment of the clock of <see cref="TapRecord.Started"/>.</summary>
    internal static long Now() => Stopwatch.GetTimestamp();

    /// <summary>The rest of its records. With nothing locked unless the caller has.</summary>
    internal void Finish(Request request, ReadOnlySpan<byte> data)
    {
        while (request.Emitted < data.Length)
        {
            BetweenRecords?.Invoke();
            lock (Disk.Gate) EmitPage(request, data);
        }
    }

    internal void OnZero(long offset, long length)
    {
        if (!See(offset, length, out bool hidden) || hidden) return;
        Emit(Current, TapRecordKind.Zero, offset, length, ++_requests, true, Now(), Now(), default);
    }

    internal void OnSide(long offset, long length)
    {
        if (!Attached) return;
        Mark(Current.Marks, offset, length);
        Mark(Issued, offset, length);
        Emit(Current, TapRecordKind.SideRead, offset, length, ++_requests, true, Now(), Now(), default);
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
        Mark(Current.Marks, offset, length);
        return true;
    }

    /// <summary>A request's pages are records of their own, as in the real ring.</summary>
    private void EmitPage(Request request, ReadOnlySpan<byte> data)
    {
        long offset = request.Offset + request.Emitted;
        int piece = Math.Min(data.Length - request.Emitted, 4096 - (int)(offset & 4095));
        ReadOnlySpan<byte> page = data.Slice(request.Emitted, piece);
        request.Emitted += piece;
        bool last = request.Emitted == data.Length;
        Emit(request.Generation, TapRecordKind.Data, offset, piece, request.Number, last, request.Started, request.Completed, page);
        if (last) request.Generation.Running--;
    }

    private void Emit(Generation generation, TapRecordKind kind, long offset, long length, ulong request, bool last, long started, long completed, ReadOnlySpan<byte> data)
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
            generation.Undelivered = true;
            Undelivered++;
            return;
        }
        bool block = rate == TapRate.Lo && kind is (TapRecordKind.Data or TapRecordKind.Zero);
        var entry = new Entry(block ? TapRecordKind.Block : kind, offset >> Units.SectorShift, length >> Units.SectorShift, request, last, started, completed, block ? [] : data.ToArray());
        if (entry.Data.Length == 0) WaitingWithoutData++;
        Ring.Enqueue(entry);
        Produced += entry.Bytes;
        Woken?.Invoke();
    }
}
