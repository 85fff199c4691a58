using System.Diagnostics;
using System.Numerics;
using Mirror.Core.Blocks;
using Mirror.Core.Taps;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>How a tap comes to be: attached anew, continued from an earlier process, or taking over from one whose disk has grown.</summary>
public sealed unsafe partial class EbpfTap
{
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
            tap.Release();
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
                tap.Release();
                throw;
            }
            tap.Release();
            return null;
        }
        finally
        {
            earlier.Release();
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
            Release();
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
            tap.Release();
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
        if (granule < 4096 || granule > 1 << 30 || !BitOperations.IsPow2(granule)) throw new ArgumentException($"A granule of {granule} bytes: it must be a power of two, 4096 or more.", nameof(options));
        var layout = new TapLayout(target.Sectors, granule);
        if (layout.MapWords > int.MaxValue) throw new TapUnavailableException($"{target.Path} is too large for granules of {granule} bytes: choose a larger --granule.");
        if (options.RingBytes < Environment.SystemPageSize || options.RingBytes > 1 << 30 || !BitOperations.IsPow2(options.RingBytes)) throw new ArgumentException($"A ring of {options.RingBytes} bytes: it must be a power of two, at least a page and at most 1 GiB.", nameof(options));
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
            PageShift = (ulong)BitOperations.Log2((uint)Environment.SystemPageSize),
            BioBased = target.BioBased ? 1UL : 0,
        };
        Guid.Parse(TapTarget.ReadText("/proc/sys/kernel/random", "boot_id")).TryWriteBytes(config.BootId);
        return config;
    }

    private void SetTestSwitches()
    {
        Volatile.Write(ref _control->HideCompletions, (ulong)_options.HideCompletions);
        Volatile.Write(ref _control->HideIssues, (ulong)_options.HideIssues);
    }
}
