using System.Globalization;
using System.Security.Cryptography;
using Mirror.Core.Taps;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// Finds where memory and its struct pages are (the kernel moves both at boot), by content: a page with known random bytes is written to a
/// throw-away loop device, never to a disk that matters, and the program that sees it queued looks for the bytes. What was found counts
/// only after a second write has come out of a ring byte for byte, through the very program that will be used. Kept per boot and object.
/// </summary>
internal static unsafe class Calibrator
{
    private static readonly Lock s_lock = new();
    private static TapCalibration? s_known;

    /// <summary>What is known, or is found now.</summary>
    public static TapCalibration Get(string runDirectory)
    {
        lock (s_lock)
        {
            if (s_known is { Known: true }) return s_known;
            string file = Path.Combine(runDirectory, "calibration");
            string stamp = TapTarget.ReadText("/proc/sys/kernel/random", "boot_id") + " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(TapProbe.ObjectPath)));
            s_known = Load(file, stamp);
            if (s_known is not null) return s_known;
            try
            {
                s_known = Find();
                Verify(s_known);
                Save(file, stamp, s_known);
            }
            catch (IOException e)
            {
                s_known = new TapCalibration(0, 0, $"Data in memory cannot be found, so only block numbers are followed: {e.Message}");
            }
            return s_known;
        }
    }

    private static TapCalibration Find()
    {
        using var disk = ThrowAwayDisk.Create();
        using var buffer = new DirectBuffer();
        TapTarget target = TapTarget.Find(disk.Path, out string? reason) ?? throw new IOException(reason);
        ulong frame = buffer.Frame();
        var config = new TapConfig
        {
            Diskseq = target.Diskseq,
            Major = target.DiskNumber.Major,
            Minor = target.DiskNumber.Minor,
            RingBytes = (ulong)Environment.SystemPageSize,
            PageShift = (ulong)System.Numerics.BitOperations.Log2((uint)Environment.SystemPageSize),
        };
        TapControl* control = null;
        try
        {
            using TapPrograms programs = TapPrograms.Load(config, ["calibrate"], 1, address =>
            {
                control = (TapControl*)address;
                control->CalibrationProcess = (ulong)Environment.ProcessId;
                control->CalibrationFrame = frame;
                for (int i = 0; i < 8; i++) control->CalibrationMagic[i] = ((ulong*)buffer.Pointer)[i];
            });
            disk.Write(buffer, 0);
            if (buffer.Frame() != frame) throw new IOException("the page with the pattern was moved meanwhile; try again.");
            if (Volatile.Read(ref control->CalibrationSeen) == 0) throw new IOException("the write of the pattern was not seen.");
            if (control->CalibrationDirectMap == 0) throw new IOException("the pattern was not found in memory.");
            return new TapCalibration(control->CalibrationVmemmap, control->CalibrationDirectMap, null);
        }
        finally
        {
            if (control is not null) _ = Libc.Unmap((nint)control, (nuint)Environment.SystemPageSize);
        }
    }

    /// <summary>Known bytes in, the same bytes out of the ring, by the program that will be used.</summary>
    private static void Verify(TapCalibration calibration)
    {
        using var disk = ThrowAwayDisk.Create();
        using var buffer = new DirectBuffer();
        TapTarget target = TapTarget.Find(disk.Path, out string? reason) ?? throw new IOException(reason);
        var options = new TapOptions { Volume = "calibration", DiskPath = disk.Path, RingBytes = 1 << 20, Pin = false, Calibration = calibration, IdleWait = TimeSpan.Zero };
        using EbpfTap tap = EbpfTap.Open(options, target);
        if (tap.Description.MaxRate < TapRate.Hi) throw new IOException(tap.Description.Reason);
        tap.SetRate(TapRate.Hi);
        disk.Write(buffer, 8192);
        long deadline = Environment.TickCount64 + 2000;
        while (Environment.TickCount64 < deadline)
        {
            if (!tap.TryPeek(out TapRecord record))
            {
                tap.Wait(TimeSpan.FromMilliseconds(100));
                continue;
            }
            if (record.Kind == TapRecordKind.Data && record.Offset == 8192 && record.Tail.IsEmpty && record.Head.SequenceEqual(new ReadOnlySpan<byte>(buffer.Pointer, (int)record.Length))) return;
            throw new IOException("the bytes that came out of the ring are not those that were written.");
        }
        throw new IOException("the bytes that were written did not come out of the ring.");
    }

    private static TapCalibration? Load(string file, string stamp)
    {
        try
        {
            string[] lines = File.ReadAllLines(file);
            if (lines.Length != 3 || lines[0] != stamp) return null;
            return new TapCalibration(ulong.Parse(lines[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(lines[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture), null);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    private static void Save(string file, string stamp, TapCalibration found)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string temporary = $"{file}.{Environment.ProcessId}";
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{stamp}\n{found.VmemmapBase:x}\n{found.DirectMapBase:x}\n"));
        }
        File.Move(temporary, file, overwrite: true);
    }
}
