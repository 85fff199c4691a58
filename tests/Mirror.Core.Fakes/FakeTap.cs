using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Core.Fakes;

/// <summary>One client process's hold on a <see cref="FakeTapKernel"/>. Opening a new one after another finds the bitmaps as they are and an empty ring.</summary>
public sealed class FakeTap : ITap
{
    private readonly FakeTapKernel _kernel;
    private readonly AutoResetEvent _wake = new(false);
    private bool _sumsPending;
    private long _sumsCounted;
    private long _sumsIssued;
    private long _sumsStatistics;

    public FakeTap(FakeTapKernel kernel, bool continued = false, TapRate maxRate = TapRate.Hi)
    {
        _kernel = kernel;
        lock (kernel.Disk.Gate)
        {
            kernel.Rate = TapRate.Off;
            while (kernel.Ring.Count > 0) Drop();
            kernel.Woken = () => _wake.Set();
        }
        Description = new TapDescription { Kind = TapKind.Ebpf, MaxRate = maxRate, GranuleBytes = kernel.GranuleBytes, Pinned = true, Continued = continued };
    }

    /// <summary>Calls after which everything fails, as if the process were killed there; for crash tests. Negative: never.</summary>
    public int CrashAfterCalls { get; set; } = -1;

    /// <summary>Called after each flip, before the caller goes on: what happens at once after it.</summary>
    public Action? Flipped { get; set; }

    public TapDescription Description { get; }

    public TapRate Rate
    {
        get
        {
            lock (_kernel.Disk.Gate) return _kernel.Rate;
        }
    }

    public long Produced
    {
        get
        {
            lock (_kernel.Disk.Gate) return _kernel.Produced;
        }
    }

    public long Consumed
    {
        get
        {
            lock (_kernel.Disk.Gate) return _kernel.Consumed;
        }
    }

    public TapCounters Counters
    {
        get
        {
            lock (_kernel.Disk.Gate)
            {
                return new TapCounters
                {
                    Writes = _kernel.Writes,
                    WrittenSectors = _kernel.Counted,
                    Undelivered = _kernel.Undelivered,
                    OffEpisodes = _kernel.OffEpisodes,
                    Holes = _kernel.Holes,
                };
            }
        }
    }

    public void SetRate(TapRate rate)
    {
        lock (Entered()) _kernel.Rate = rate;
    }

    public bool TryPeek(out TapRecord record)
    {
        lock (Entered())
        {
            if (!_kernel.Ring.TryPeek(out FakeTapKernel.Entry? entry))
            {
                record = default;
                return false;
            }
            // In two pieces, split at a place that is no multiple of a sector.
            int split = entry.Data.Length > 8 ? 8 * (int)(entry.Request % 16 + 1) : entry.Data.Length;
            record = new TapRecord
            {
                Kind = entry.Kind,
                Sector = entry.Sector,
                Sectors = entry.Sectors,
                Request = entry.Request,
                Last = entry.Last,
                Started = entry.Started,
                Completed = entry.Completed,
                Head = entry.Data.AsSpan(0, split),
                Tail = entry.Data.AsSpan(split),
            };
            return true;
        }
    }

    public void Advance()
    {
        lock (Entered()) Drop();
    }

    public void Wait(TimeSpan timeout)
    {
        lock (_kernel.Disk.Gate)
        {
            if (_kernel.Ring.Count > 0) return;
        }
        _wake.WaitOne(timeout);
    }

    public void Wake() => _wake.Set();

    public bool Flip()
    {
        FakeTapKernel.Generation ended;
        lock (Entered())
        {
            if (!_kernel.Old.Marks.IsEmpty) throw new InvalidOperationException("The old generation is not empty.");
            ended = _kernel.Current;
            (_kernel.Current, _kernel.Old) = (_kernel.Old, ended);
        }
        // The barrier: what has looked the ended one up ends first.
        SpinWait.SpinUntil(() =>
        {
            lock (_kernel.Disk.Gate) return ended.Running == 0;
        });
        Flipped?.Invoke();
        lock (_kernel.Disk.Gate) return ended.Undelivered;
    }

    public void CopyOldTo(HierarchicalBitmap target)
    {
        lock (Entered()) target.UnionWith(_kernel.Old.Marks);
    }

    public void Keep(params ReadOnlySpan<HierarchicalBitmap> sets)
    {
        lock (Entered())
        {
            _kernel.Kept.Clear();
            foreach (HierarchicalBitmap set in sets) _kernel.Kept.UnionWith(set);
        }
    }

    public void CopyKeptTo(HierarchicalBitmap target)
    {
        lock (Entered()) target.UnionWith(_kernel.Kept);
    }

    public void MergeOldIntoCurrent()
    {
        lock (Entered())
        {
            _kernel.Current.Marks.UnionWith(_kernel.Old.Marks);
            _kernel.Current.Undelivered |= _kernel.Old.Undelivered;
            _kernel.Old.Marks.Clear();
            _kernel.Old.Undelivered = false;
        }
    }

    public void ClearOld()
    {
        lock (Entered())
        {
            _kernel.Old.Marks.Clear();
            _kernel.Old.Undelivered = false;
        }
    }

    public SumsVerdict CheckSums()
    {
        lock (Entered())
        {
            _sumsCounted = _kernel.Counted;
            _sumsIssued = _kernel.CountedIssued;
            _sumsStatistics = _kernel.Statistics;
            _sumsPending = true;
            if (_kernel.Statistics != _kernel.BaseIssued + _kernel.CountedIssued) return SumsVerdict.Lost;
            if (_kernel.Statistics != _kernel.Base + _kernel.Counted) return SumsVerdict.Hole;
            _kernel.Issued.Clear();
            return SumsVerdict.Agree;
        }
    }

    public void CopyIssuedTo(HierarchicalBitmap target)
    {
        lock (Entered()) target.UnionWith(_kernel.Issued);
    }

    public void AcceptSums()
    {
        lock (Entered())
        {
            if (!_sumsPending) throw new InvalidOperationException("The sums were not checked.");
            _kernel.Base = _sumsStatistics - _sumsCounted;
            _kernel.BaseIssued = _sumsStatistics - _sumsIssued;
            _kernel.Holes++;
            _sumsPending = false;
        }
    }

    public void SaveState(ReadOnlySpan<byte> state)
    {
        lock (Entered()) _kernel.State = state.ToArray();
    }

    public ReadOnlySpan<byte> LoadState()
    {
        lock (Entered()) return _kernel.State;
    }

    public void Unpin()
    {
        lock (Entered()) _kernel.Attached = false;
    }

    public void Dispose() => _wake.Dispose();

    private Lock Entered()
    {
        if (CrashAfterCalls == 0) throw new FakeCrashException();
        if (CrashAfterCalls > 0) CrashAfterCalls--;
        return _kernel.Disk.Gate;
    }

    private void Drop()
    {
        FakeTapKernel.Entry entry = _kernel.Ring.Dequeue();
        if (entry.Data.Length == 0) _kernel.WaitingWithoutData--;
        _kernel.Consumed += entry.Bytes;
    }
}
