using System.Diagnostics;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// The tap by programs in the kernel (driver/linux). Maps, programs and links are pinned under the volume's name, so marking goes on
/// while no process is there; the next one continues where boot, disk attachment, place and granule are the same, and takes over into a larger
/// one where the disk has grown. See docs/internals.md, "The tap".
/// </summary>
public sealed unsafe class EbpfTap : ITap
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

    /// <summary>Attaches the programs to a disk, or continues with those an earlier process left there.</summary>
    /// <exception cref="TapUnavailableException">The disk cannot be tapped; the message says why.</exception>
    /// <exception cref="IOException">Another process has this volume's tap open.</exception>
    public static EbpfTap Open(TapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (TapProbe.ExamineMachine() is { } lacking) throw new TapUnavailableException(lacking);
        TapTarget target = TapTarget.Find(options.DiskPath, out string? reason) ?? throw new TapUnavailableException(reason!);
        if (TapProbe.ExamineDisk(target) is { } refused) throw new TapUnavailableException(refused);
        return Open(options, target);
    }

    internal static EbpfTap Open(TapOptions options, TapTarget target)
    {
        FileStream? theLock = options.Pin ? TakeLock(options) : null;
        try
        {
            if (options.Pin)
            {
                PinFileSystem.Ensure(options.PinDirectory);
                if (Continue(options, target, theLock) is { } continued) return continued;
                TapPrograms.RemovePins(PinsOf(options));
            }
            EbpfTap attached = Attach(options, target, theLock);
            attached.PinIfWanted();
            return attached;
        }
        catch
        {
            theLock?.Dispose();
            throw;
        }
    }

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
        _waiter.Dispose();
        _ring.Dispose();
        _bitmaps.Dispose();
        _statistics.Dispose();
        _controlMemory.Dispose();
        _ = Libc.Close(_barrierInner);
        _programs.Dispose();
        _lock?.Dispose();
    }

    internal static string PinsOf(TapOptions options) => Path.Combine(options.PinDirectory, options.Volume);

    internal static FileStream TakeLock(TapOptions options)
    {
        Directory.CreateDirectory(options.RunDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string path = Path.Combine(options.RunDirectory, $"tap-{options.Volume}.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new IOException($"Another process is mirroring volume {options.Volume} (it holds {path}). Stop it first: diskmirror stop {options.Volume}", e);
        }
    }

    private static EbpfTap? Continue(TapOptions options, TapTarget target, FileStream? theLock)
    {
        string pins = PinsOf(options);
        if (!Directory.Exists(pins) || TapPrograms.FromPins(pins, out _) is not { } programs) return null;
        TapConfig there = programs.Config, wanted = Configure(options, target);
        bool sameDisk = there.Diskseq == wanted.Diskseq && there.Major == wanted.Major && there.Minor == wanted.Minor
            && there.Start == wanted.Start && there.BioBased == wanted.BioBased && ((ReadOnlySpan<byte>)there.BootId).SequenceEqual(wanted.BootId);
        bool same = sameDisk && there.Sectors == wanted.Sectors && there.DiskSectors == wanted.DiskSectors
            && there.GranuleShift == wanted.GranuleShift && there.RingBytes == wanted.RingBytes;
        bool grown = sameDisk && !same && there.Sectors <= wanted.Sectors && there.DiskSectors < wanted.DiskSectors | there.Sectors < wanted.Sectors
            && there.DiskSectors <= wanted.DiskSectors && there.GranuleShift <= wanted.GranuleShift;
        if (!same && !grown)
        {
            programs.Dispose();
            return null;
        }
        var tap = new EbpfTap(options, target, programs, theLock, continued: true, there.DataProgram != 0 ? null : MarkOnlyReason(options).Reason) { _pinned = true };
        ref TapControl.ClientWords client = ref tap._control->Client;
        bool linked = programs.ProgramIds.SequenceEqual(((ulong[])[client.Program0, client.Program1, client.Program2])[..programs.ProgramIds.Length]);
        if (!linked)
        {
            tap._pinned = false;
            tap.DisposeAllButLock();
            return null;
        }
        if (grown) return Succeed(options, target, theLock, tap);
        // What waits in the ring is in the bitmaps too, which the engine goes by now.
        tap.ChangeState(TapControl.RateMask, 0);
        tap.Barrier();
        tap._ring.DiscardAll();
        Volatile.Write(ref tap._control->ShortConsumed, Volatile.Read(ref tap._control->ShortProduced));
        tap.SetTestSwitches();
        return tap;
    }

    /// <summary>
    /// Attaches a tap for a disk that has grown, and takes the earlier one's bits and state over, while that goes on marking. Nothing is missed: a
    /// write is marked by the earlier one, whose runs have ended when its bits are copied, or by both, or by the new one; and the
    /// earlier one's sums are looked at once more after those of the new one have begun.
    /// </summary>
    /// <returns>Null when the earlier one does not know everything: then the next start scans.</returns>
    private static EbpfTap? Succeed(TapOptions options, TapTarget target, FileStream? theLock, EbpfTap earlier)
    {
        try
        {
            EbpfTap tap = Attach(options, target, theLock, continued: true);
            try
            {
                earlier.Barrier();
                SumsVerdict verdict = earlier.CheckSums();
                for (var clock = Stopwatch.StartNew(); verdict == SumsVerdict.Undetermined && clock.Elapsed < options.IdleWait; verdict = earlier.CheckSums()) Thread.Sleep(1);
                if (verdict is SumsVerdict.Agree or SumsVerdict.Hole)
                {
                    var bits = new HierarchicalBitmap(earlier._bitmaps.Layout.Granules);
                    foreach (int plane in (int[])[0, 1, TapLayout.KeptPlane]) earlier._bitmaps.CopyTo(plane, bits);
                    if (verdict == SumsVerdict.Hole) earlier.CopyIssuedTo(bits);
                    tap.Keep(bits.InGranules(tap._bitmaps.Layout.Granules, tap._bitmaps.Layout.GranuleShift - earlier._bitmaps.Layout.GranuleShift));
                    tap.SaveState(earlier.LoadState());
                    // From here to the last pin a crash leaves none, or none that are whole: then the next start scans.
                    TapPrograms.RemovePins(PinsOf(options));
                    tap.PinIfWanted();
                    return tap;
                }
            }
            catch
            {
                tap.Unpin();
                tap.DisposeAllButLock();
                throw;
            }
            tap.DisposeAllButLock();
            return null;
        }
        finally
        {
            earlier.DisposeAllButLock();
        }
    }

    private void PinIfWanted()
    {
        if (!_options.Pin) return;
        _pinned = true;
        try
        {
            _programs.PinTo(PinsOf(_options));
        }
        catch
        {
            Unpin();
            DisposeAllButLock();
            throw;
        }
    }

    private static EbpfTap Attach(TapOptions options, TapTarget target, FileStream? theLock, bool continued = false)
    {
        (TapCalibration calibration, string? reason) = MarkOnlyReason(options);
        TapConfig config = Configure(options, target);
        config.VmemmapBase = calibration.VmemmapBase;
        config.DirectMapBase = calibration.DirectMapBase;
        bool data = reason is null;
        TapPrograms programs;
        var layout = new TapLayout(target.Sectors, 512 << (int)config.GranuleShift);
        try
        {
            config.DataProgram = data ? 1UL : 0;
            programs = Load(config, data, layout, options);
        }
        catch (IOException e) when (data)
        {
            reason = $"The kernel refused the program that copies data, so only block numbers are followed: {LastLine(e.Message)}";
            config.DataProgram = 0;
            programs = LoadOrSay(config, layout, options, target);
        }
        catch (IOException e)
        {
            throw Refused(target, e);
        }
        var tap = new EbpfTap(options, target, programs, theLock, continued, reason);
        try
        {
            ref TapControl.ClientWords client = ref tap._control->Client;
            client.Program0 = programs.ProgramIds[0];
            client.Program1 = programs.ProgramIds[1];
            client.Program2 = programs.ProgramIds.Length > 2 ? programs.ProgramIds[2] : 0;
            tap._sums.TakeBase(options.IdleWait);
            return tap;
        }
        catch
        {
            tap.DisposeAllButLock();
            throw;
        }
    }

    private static TapPrograms LoadOrSay(TapConfig config, TapLayout layout, TapOptions options, TapTarget target)
    {
        try
        {
            return Load(config, data: false, layout, options);
        }
        catch (IOException e)
        {
            throw Refused(target, e);
        }
    }

    private static TapPrograms Load(TapConfig config, bool data, TapLayout layout, TapOptions options)
        => TapPrograms.Load(config, TapPrograms.Names(config.BioBased != 0, data), layout.MapWords, address =>
        {
            var control = (TapControl*)address;
            control->HideCompletions = (ulong)options.HideCompletions;
            control->HideIssues = (ulong)options.HideIssues;
            _ = Libc.Unmap(address, (nuint)Environment.SystemPageSize);
        });

    private static TapUnavailableException Refused(TapTarget target, IOException e)
        => new($"The kernel refused the tap for {target.Path}: {e.Message}", e);

    private static string LastLine(string text) => text.Trim().Split('\n')[^1];

    private static (TapCalibration Calibration, string? Reason) MarkOnlyReason(TapOptions options)
    {
        if (options.MarkOnly) return (new TapCalibration(0, 0, null), "Records with data were switched off.");
        TapCalibration calibration = options.Calibration ?? Calibrator.Get(options.RunDirectory);
        return (calibration, calibration.Reason);
    }

    private static TapConfig Configure(TapOptions options, TapTarget target)
    {
        int granule = options.GranuleBytes != 0 ? options.GranuleBytes : Units.GranuleFor(target.Sectors << Units.SectorShift);
        if (granule < 4096 || granule > 1 << 30 || !System.Numerics.BitOperations.IsPow2(granule)) throw new ArgumentException($"A granule of {granule} bytes: it must be a power of two, 4096 or more.", nameof(options));
        var layout = new TapLayout(target.Sectors, granule);
        if (layout.MapWords > int.MaxValue) throw new TapUnavailableException($"{target.Path} is too large for granules of {granule} bytes: choose a larger --granule.");
        if (options.RingBytes < Environment.SystemPageSize || options.RingBytes > 1 << 30 || !System.Numerics.BitOperations.IsPow2(options.RingBytes)) throw new ArgumentException($"A ring of {options.RingBytes} bytes: it must be a power of two, at least a page and at most 1 GiB.", nameof(options));
        var config = new TapConfig
        {
            Magic = TapConfig.TheMagic,
            Version = TapConfig.TheVersion,
            Diskseq = target.Diskseq,
            Major = target.DiskNumber.Major,
            Minor = target.DiskNumber.Minor,
            Start = (ulong)target.Start,
            Sectors = (ulong)target.Sectors,
            DiskSectors = (ulong)target.DiskSectors,
            GranuleShift = (uint)layout.GranuleShift,
            Flags = TapProbe.IsZram(target) ? TapConfig.ZeroesUncounted : 0,
            PlaneWords = (ulong)layout.PlaneWords,
            LeafBase = (ulong)layout.LeafBase,
            DataLimit = (ulong)(options.DataLimitBytes != 0 ? options.DataLimitBytes : options.RingBytes - (options.RingBytes / 16)),
            RecordLimit = (ulong)options.RecordLimit,
            RingBytes = (ulong)options.RingBytes,
            PageShift = (ulong)System.Numerics.BitOperations.Log2((uint)Environment.SystemPageSize),
            BioBased = target.BioBased ? 1UL : 0,
        };
        Guid.Parse(TapTarget.ReadText("/proc/sys/kernel/random", "boot_id")).TryWriteBytes(config.BootId);
        return config;
    }

    private static long KernelBytes(TapConfig config, TapLayout layout)
    {
        const int perBio = 48 + 8 + 32 + 16;        // struct htab_elem, key, value, bucket
        long page = Environment.SystemPageSize;
        return (layout.MapWords * 8) + (long)config.RingBytes + (3 * page) + (3 * page) + (config.BioBased != 0 ? (long)TapPrograms.QueuedBios * perBio : 0);
    }

    private void SetTestSwitches()
    {
        Volatile.Write(ref _control->HideCompletions, (ulong)_options.HideCompletions);
        Volatile.Write(ref _control->HideIssues, (ulong)_options.HideIssues);
    }

    private void DisposeAllButLock()
    {
        _waiter.Dispose();
        _ring.Dispose();
        _bitmaps.Dispose();
        _statistics.Dispose();
        _controlMemory.Dispose();
        _ = Libc.Close(_barrierInner);
        _programs.Dispose();
        _disposed = true;
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
