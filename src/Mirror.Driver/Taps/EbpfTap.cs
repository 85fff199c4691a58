using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// The tap by programs in the kernel (driver/linux). Maps, programs and links are pinned under the volume's name, so marking goes on
/// while no process is there; the next one continues where boot, disk attachment, place and granule are the same, and takes over into a larger
/// one where the disk has grown. See docs/internals.md, "The tap".
/// </summary>
public sealed unsafe partial class EbpfTap : ITap
{
    private readonly TapOptions _options;
    private readonly TapTarget _target;
    private readonly FileStream? _lock;
    private readonly TapPrograms _programs;
    private readonly MappedMemory _controlMemory;
    private readonly TapControl* _control;
    private readonly TapBitmaps _bitmaps;
    private readonly TapRing _ring;
    private readonly TapWaiter _waiter;
    private readonly DiskStatistics _statistics;
    private readonly TapSums _sums;
    private readonly int _barrierInner;
    private bool _pinned;
    private readonly Lock _counting = new();    // guards the control block's memory against being unmapped while status reads it
    private TapCounters _lastCounters;
    private bool _disposed;

    private EbpfTap(TapOptions options, TapTarget target, TapPrograms programs, FileStream? theLock, bool continued, string? reason)
    {
        _options = options;
        _target = target;
        _programs = programs;
        _lock = theLock;
        TapConfig config = programs.Config;
        var layout = new TapLayout((long)config.Sectors, 512 << (int)config.GranuleShift);
        _controlMemory = new MappedMemory(programs.Control, 0, Environment.SystemPageSize, writable: true, "The tap's control block");
        _control = (TapControl*)_controlMemory.Pointer;
        _bitmaps = new TapBitmaps(programs.Bits, layout);
        _ring = new TapRing(programs.Ring, (long)config.RingBytes);
        _waiter = new TapWaiter(programs.Ring);
        _statistics = new DiskStatistics(target.DiskDirectory);
        // Where the switch is off and the statistics are kept all the same (TapProbe has made sure), it means nothing, later either.
        bool bySwitch = DiskStatistics.IsSwitchedOn(target);
        _sums = new TapSums(_control, _statistics, config.BioBased != 0, () => !bySwitch || DiskStatistics.IsSwitchedOn(target), () => OtherDiskSize > 0 && OtherDiskSize > (long)config.DiskSectors);
        _barrierInner = NativeError.Check(Libbpf.MapCreate(2, null, 4, 8, 1, 0), "The tap's barrier");
        Description = new TapDescription
        {
            Kind = TapKind.Ebpf,
            MaxRate = config.DataProgram != 0 ? TapRate.Hi : TapRate.Lo,
            Reason = reason,
            GranuleBytes = layout.GranuleBytes,
            Pinned = options.Pin,
            Continued = continued,
            KernelBytes = KernelBytes(config, layout),
        };
    }

    /// <inheritdoc/>
    public TapDescription Description { get; }

    /// <inheritdoc/>
    public TapRate Rate => _disposed ? TapRate.Off : (TapRate)((Volatile.Read(ref _control->State) & TapControl.RateMask) >> TapControl.RateShift);

    /// <inheritdoc/>
    public long Produced => _ring.Produced;

    /// <inheritdoc/>
    public long Consumed => _ring.Consumed;

    /// <inheritdoc/>
    public long Waiting => Produced - Consumed;

    /// <inheritdoc/>
    /// <remarks>Any thread may ask, for status; after the end the last values stay.</remarks>
    public TapCounters Counters
    {
        get
        {
            lock (_counting) return _disposed ? _lastCounters : ReadCounters();
        }
    }

    private TapCounters ReadCounters() => new()
    {
        Writes = (long)Volatile.Read(ref _control->Completed),
        WrittenSectors = (long)Volatile.Read(ref _control->CompletedSectors),
        Undelivered = (long)Volatile.Read(ref _control->Undelivered),
        OffEpisodes = (long)Volatile.Read(ref _control->OffEpisodes),
        Holes = (long)_control->Client.Holes,
        UntrackedCommands = (long)Volatile.Read(ref _control->Untracked),
    };

    /// <inheritdoc/>
    public bool Outgrown => OtherDiskSize > 0 && OtherDiskSize != (long)_programs.Config.DiskSectors;

    /// <summary>The kernel's ids of the attached programs.</summary>
    internal IReadOnlyList<ulong> ProgramIds => _programs.ProgramIds;

    /// <summary>What the programs were loaded with.</summary>
    internal TapConfig Configuration => _programs.Config;

    /// <summary>The control block, for tests.</summary>
    internal ref TapControl Control => ref *_control;

    private long OtherDiskSize => TapTarget.ReadNumber(_target.DiskDirectory, "size");

    private int CurrentPlane => (int)(Volatile.Read(ref _control->State) & TapControl.MarksBit);

    private int OldPlane => CurrentPlane ^ 1;

    private int CurrentIssued => TapLayout.IssuedPlanes + ((Volatile.Read(ref _control->State) & TapControl.IssuedBit) != 0 ? 1 : 0);

    private int OldIssued => CurrentIssued ^ 1;

    /// <inheritdoc/>
    public void SetRate(TapRate rate)
    {
        if (rate > Description.MaxRate) throw new ArgumentOutOfRangeException(nameof(rate), rate, $"This tap offers {Description.MaxRate} at most.");
        ChangeState(TapControl.RateMask, (ulong)rate << TapControl.RateShift);
    }

    /// <inheritdoc/>
    public bool TryPeek(out TapRecord record) => _ring.TryPeek(out record);

    /// <inheritdoc/>
    public void Advance()
    {
        if (_ring.Advance()) Volatile.Write(ref _control->ShortConsumed, _control->ShortConsumed + 1);
    }

    /// <inheritdoc/>
    public void Wait(TimeSpan timeout)
    {
        if (_ring.TryPeek(out _)) return;
        int milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        if (milliseconds == 0) return;
        Volatile.Write(ref _control->Sleeping, 1);
        Interlocked.MemoryBarrier();
        // Either this sees what was reserved, or the program sees the flag.
        if (!_ring.TryPeek(out _)) _waiter.Wait(milliseconds);
        Volatile.Write(ref _control->Sleeping, 0);
    }

    /// <inheritdoc/>
    public void Wake() => _waiter.Wake();

    /// <inheritdoc/>
    public bool Flip()
    {
        int old = CurrentPlane, next = old ^ 1;
        if (!_bitmaps.IsEmpty(next)) throw new InvalidOperationException("The old generation must be cleared or merged before the next one begins.");
        _bitmaps.Undelivered(next) = 0;
        Volatile.Write(ref _bitmaps.Generation(next), ++_control->Client.Generation);
        // The issue planes change over together with the marks, when the old one is free, so that one wait serves both.
        ulong issued = _bitmaps.IsEmpty(OldIssued) ? TapControl.IssuedBit : 0;
        ulong state = Volatile.Read(ref _control->State);
        ChangeState(TapControl.MarksBit | issued, (state ^ (TapControl.MarksBit | issued)) & (TapControl.MarksBit | issued));
        Barrier();
        return Volatile.Read(ref _bitmaps.Undelivered(old)) != 0;
    }

    /// <inheritdoc/>
    public void CopyOldTo(HierarchicalBitmap target) => _bitmaps.CopyTo(OldPlane, target);

    /// <inheritdoc/>
    public void Keep(params ReadOnlySpan<HierarchicalBitmap> sets) => _bitmaps.Replace(TapLayout.KeptPlane, sets);

    /// <inheritdoc/>
    public void CopyKeptTo(HierarchicalBitmap target) => _bitmaps.CopyTo(TapLayout.KeptPlane, target);

    /// <inheritdoc/>
    public void MergeOldIntoCurrent()
    {
        int old = OldPlane, current = CurrentPlane;
        ulong undelivered = _bitmaps.Undelivered(old);
        if (undelivered != 0) Interlocked.Add(ref _bitmaps.Undelivered(current), undelivered);
        _bitmaps.Merge(old, current);
        _bitmaps.Clear(old);
    }

    /// <inheritdoc/>
    public void ClearOld() => _bitmaps.Clear(OldPlane);

    /// <inheritdoc/>
    public SumsVerdict CheckSums()
    {
        if (!_options.CompareSums) return SumsVerdict.Agree;
        SumsVerdict verdict = _sums.Check();
        if (_sums.IssuedIsSettled) _bitmaps.Clear(OldIssued);
        return verdict;
    }

    /// <inheritdoc/>
    public void AcceptSums() => _sums.Accept();

    /// <inheritdoc/>
    public void CopyIssuedTo(HierarchicalBitmap target)
    {
        _bitmaps.CopyTo(OldIssued, target);
        _bitmaps.CopyTo(CurrentIssued, target);
    }

    /// <inheritdoc/>
    public void SaveState(ReadOnlySpan<byte> state)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Length, ITap.MaxStateBytes, nameof(state));
        byte* value = stackalloc byte[8 + ITap.MaxStateBytes];
        var span = new Span<byte>(value, 8 + ITap.MaxStateBytes);
        span.Clear();
        *(int*)value = state.Length;
        state.CopyTo(span[8..]);
        uint key = 0;
        NativeError.Check(Libbpf.MapUpdate(_programs.State, &key, value, 0), $"{_options.Volume}: the client's state could not be kept in the kernel");
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> LoadState()
    {
        byte* value = stackalloc byte[8 + ITap.MaxStateBytes];
        uint key = 0;
        NativeError.Check(Libbpf.MapLookup(_programs.State, &key, value), $"{_options.Volume}: the client's state could not be read from the kernel");
        return new ReadOnlySpan<byte>(value + 8, Math.Clamp(*(int*)value, 0, ITap.MaxStateBytes)).ToArray();
    }

    /// <inheritdoc/>
    public void Unpin()
    {
        if (!_pinned) return;
        TapPrograms.RemovePins(PinsOf(_options));
        _pinned = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        if (_pinned) ChangeState(TapControl.RateMask, 0);      // nobody reads the ring now
        lock (_counting)
        {
            _lastCounters = ReadCounters();
            _disposed = true;
        }
        Release();
        _lock?.Dispose();
    }

    private static long KernelBytes(TapConfig config, TapLayout layout)
    {
        const int perBio = 48 + 8 + 40 + 16;        // struct htab_elem, key, value, bucket
        long page = Environment.SystemPageSize;
        return (layout.MapWords * 8) + (long)config.RingBytes + (3 * page) + (3 * page) + (config.BioBased != 0 ? (long)TapPrograms.QueuedBios * perBio : 0);
    }

    /// <summary>Gives everything back but the lock, and leaves the pins as they are.</summary>
    private void Release()
    {
        _disposed = true;
        _waiter.Dispose();
        _ring.Dispose();
        _bitmaps.Dispose();
        _statistics.Dispose();
        _controlMemory.Dispose();
        _ = Libc.Close(_barrierInner);
        _programs.Dispose();
    }

    /// <summary>Replaces the masked bits of the word that programs read once an event, whoever else changes others meanwhile.</summary>
    private void ChangeState(ulong mask, ulong bits)
    {
        ulong seen = Volatile.Read(ref _control->State);
        while (true)
        {
            ulong before = Interlocked.CompareExchange(ref _control->State, (seen & ~mask) | (bits & mask), seen);
            if (before == seen) return;
            seen = before;
        }
    }

    /// <summary>Returns once every program run that began before has ended: the kernel waits for them in any update of a map in a map.</summary>
    private void Barrier()
    {
        uint key = 0;
        int inner = _barrierInner;
        NativeError.Check(Libbpf.MapUpdate(_programs.Barrier, &key, &inner, 0), $"{_options.Volume}: the kernel could not end a generation");
    }
}
