using Mirror.Core.Blocks;

namespace Mirror.Core.Client;

/// <summary>
/// What a verify has to do and has found, beyond one connection. Belongs to the session's thread, <see cref="Progress"/> and <see cref="Done"/> to any.
/// <code>
///   Comparing --all compared--> Settling --consistent mark--> Rechecking --all looked at--> Settling ...
///                                  |
///                                  +--nothing in doubt, or too often--> Repairing --consistent mark--> Ended
/// </code>
/// A unit of 4 KiB is called different when three looks in a row, each with a consistent mark between it and the one before, found disk and image different at
/// a moment at which nothing was being written to it as far as the tap knows. What a write in flight, a record on its way or a hole of the tap explains
/// is gone by then: the mark is after the write, and the sums were checked at it.
/// </summary>
internal sealed class VerifyJob
{
    /// <summary>How often what is in doubt is looked at again before it is left.</summary>
    private const int MostRounds = 12;

    private const int UnitsOfChunk = Units.ChunkBytes / Units.FineBytes;

    private readonly long _diskBytes;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _began;
    private readonly TaskCompletionSource<VerifyResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HierarchicalBitmap _unsure;    // looked at, but never at a quiet moment
    private readonly HierarchicalBitmap _once;      // differed at the last look
    private readonly HierarchicalBitmap _twice;     // differed at the last two
    private readonly HierarchicalBitmap _differing; // for certain
    private readonly SortedSet<long> _again = [];   // chunks that were begun and must be begun anew
    private long _next;                             // chunk
    private int _round;
    private ulong _mark;                            // a consistent mark with a higher number than this is waited for
    private VerifyProgress _progress;

    /// <summary>Makes a job for a disk.</summary>
    public VerifyJob(VerifyRequest request, long diskBytes, TimeProvider clock)
    {
        Request = request;
        _diskBytes = diskBytes;
        _clock = clock;
        _began = clock.GetUtcNow();
        long units = (diskBytes + Units.FineBytes - 1) / Units.FineBytes;
        _unsure = new HierarchicalBitmap(units);
        _once = new HierarchicalBitmap(units, _unsure);
        _twice = new HierarchicalBitmap(units, _unsure);
        _differing = new HierarchicalBitmap(units, _unsure);
        _progress = new VerifyProgress(VerifyStep.Comparing, 0, 0, 0);
    }

    /// <summary>What was asked for.</summary>
    public VerifyRequest Request { get; }

    /// <summary>What it does now.</summary>
    public VerifyStep Step { get; private set; }

    /// <summary>Whether a consistent mark is awaited, which an idle disk does not make by itself.</summary>
    public bool WantsMark => Step is VerifyStep.Settling or VerifyStep.Repairing;

    /// <summary>How far it is. Any thread.</summary>
    public VerifyProgress Progress => Volatile.Read(ref _progress);

    /// <summary>Completes with the result. Any thread.</summary>
    public Task<VerifyResult> Done => _done.Task;

    private long Chunks => (_diskBytes + Units.ChunkBytes - 1) / Units.ChunkBytes;

    private bool InDoubt => !_unsure.IsEmpty || !_once.IsEmpty || !_twice.IsEmpty;

    /// <summary>Whether another chunk waits to be looked at in this round.</summary>
    public bool HasNext => _again.Count > 0 || Step switch
    {
        VerifyStep.Comparing => _next < Chunks,
        VerifyStep.Rechecking => NextInDoubt(_next) < Chunks,
        _ => false,
    };

    /// <summary>The next chunk to be looked at; false when none is left in this round.</summary>
    public bool TryNext(out long chunk)
    {
        if (_again.Count > 0)
        {
            chunk = _again.Min;
            _again.Remove(chunk);
            return true;
        }
        chunk = Step switch
        {
            VerifyStep.Comparing => _next,
            VerifyStep.Rechecking => NextInDoubt(_next),
            _ => Chunks,
        };
        if (chunk >= Chunks) return false;
        _next = chunk + 1;
        return true;
    }

    /// <summary>A chunk that was begun could not be compared: it is begun anew.</summary>
    public void GiveBack(long chunk) => _again.Add(chunk);

    /// <summary>Takes what a look at a chunk has found.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="blocked">Units that were being written, a bit each: nothing is known of them.</param>
    /// <param name="differing">Units of the others that differ.</param>
    public void Found(long chunk, ReadOnlySpan<ulong> blocked, ReadOnlySpan<ulong> differing)
    {
        long first = chunk * UnitsOfChunk;
        int units = (int)Math.Min(UnitsOfChunk, _unsure.Length - first);
        for (int i = 0; i < units; i++)
        {
            long unit = first + i;
            bool known = (blocked[i >> 6] >> (i & 63) & 1) == 0;
            bool differs = known && (differing[i >> 6] >> (i & 63) & 1) != 0;
            if (Step == VerifyStep.Comparing)
            {
                if (!known) _unsure.Add(unit);
                else if (differs) _once.Add(unit);
            }
            else if (known)
            {
                Recheck(unit, differs);
            }
        }
        Publish();
    }

    /// <summary>A record changes these bytes: a difference that was seen in them before may be explained by it, and counts no more.</summary>
    public void Touch(long offset, long length)
    {
        if (_once.IsEmpty && _twice.IsEmpty) return;
        long last = (offset + length - 1) / Units.FineBytes;
        for (long unit = offset / Units.FineBytes; unit <= last; unit++)
        {
            // A long range costs what is in doubt, not what it covers.
            long once = _once.Next(unit), twice = _twice.Next(unit);
            unit = once < 0 ? twice : twice < 0 ? once : Math.Min(once, twice);
            if (unit < 0 || unit > last) return;
            DoubtUnit(unit);
        }
    }

    /// <summary>Writes have not been seen one by one: no difference that was seen before counts any more.</summary>
    public void Doubt()
    {
        for (long unit; (unit = _once.Next(0)) >= 0;) DoubtUnit(unit);
        for (long unit; (unit = _twice.Next(0)) >= 0;) DoubtUnit(unit);
    }

    /// <summary>Everything that was begun has been taken.</summary>
    /// <param name="markBegun">The number of the last mark that was begun.</param>
    public void RoundEnded(ulong markBegun)
    {
        _next = 0;
        _mark = markBegun;
        Step = InDoubt && _round < MostRounds ? VerifyStep.Settling : VerifyStep.Repairing;
        Publish();
    }

    /// <summary>Enters the repair: what differs is put into <paramref name="pending"/> if that was asked for. Returns whether a mark is to be waited for.</summary>
    public bool BeginRepair(HierarchicalBitmap pending, int granuleBytes, ulong markBegun)
    {
        if (!Request.Repair || _differing.IsEmpty) return false;
        for (long unit = _differing.Next(0); unit >= 0; unit = _differing.Next(unit + 1)) pending.Add(unit * Units.FineBytes / granuleBytes);
        _mark = markBegun;
        return true;
    }

    /// <summary>A consistent mark was committed. Returns whether the job has ended.</summary>
    public bool OnConsistent(ulong number)
    {
        if (number <= _mark) return false;
        if (Step == VerifyStep.Settling)
        {
            _round++;
            Step = VerifyStep.Rechecking;
            Publish();
            return false;
        }
        return Step == VerifyStep.Repairing;
    }

    /// <summary>Ends the job.</summary>
    public void End()
    {
        Step = VerifyStep.Ended;
        List<VerifyRange> ranges = [];
        long differing = 0;
        for (long at = 0; _differing.NextRun(at, _differing.Length, out long first, out long count); at = first + count)
        {
            long offset = first * Units.FineBytes, length = Math.Min(count * Units.FineBytes, _diskBytes - offset);
            differing += length;
            if (ranges.Count < VerifyResult.MostRanges) ranges.Add(new VerifyRange(offset, length));
        }
        long busy = Math.Min(_diskBytes, (_unsure.Count + _once.Count + _twice.Count) * Units.FineBytes);
        Publish();
        _done.TrySetResult(new VerifyResult
        {
            ComparedBytes = _diskBytes - busy,
            DifferingBytes = differing,
            Ranges = ranges,
            BusyBytes = busy,
            RepairedBytes = Request.Repair ? differing : 0,
            Began = _began,
            Ended = _clock.GetUtcNow(),
        });
    }

    /// <summary>Gives the job up. Any thread.</summary>
    public void Fail(Exception why) => _done.TrySetException(why);

    private void Recheck(long unit, bool differs)
    {
        bool twice = _twice.Contains(unit), once = _once.Contains(unit), unsure = _unsure.Contains(unit);
        if (!twice && !once && !unsure) return;
        _twice.Remove(unit);
        _once.Remove(unit);
        _unsure.Remove(unit);
        if (!differs) return;
        if (twice) _differing.Add(unit);
        else if (once) _twice.Add(unit);
        else _once.Add(unit);
    }

    private void DoubtUnit(long unit)
    {
        _once.Remove(unit);
        _twice.Remove(unit);
        _unsure.Add(unit);
    }

    private long NextInDoubt(long fromChunk)
    {
        long from = fromChunk * UnitsOfChunk, next = long.MaxValue;
        if (from >= _unsure.Length) return Chunks;
        foreach (HierarchicalBitmap set in (ReadOnlySpan<HierarchicalBitmap>)[_unsure, _once, _twice])
        {
            if (set.Next(from) is >= 0 and var unit) next = Math.Min(next, unit);
        }
        return next == long.MaxValue ? Chunks : next / UnitsOfChunk;
    }

    private void Publish() => Volatile.Write(ref _progress, new VerifyProgress(Step, Step == VerifyStep.Comparing ? Math.Min(_next * Units.ChunkBytes, _diskBytes) : _diskBytes,
        (_unsure.Count + _once.Count + _twice.Count) * Units.FineBytes, _differing.Count * Units.FineBytes));
}
