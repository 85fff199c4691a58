using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>The kernel's own count of what was written to a whole disk (Documentation/admin-guide/iostats.rst).</summary>
internal sealed class DiskStatistics : IDisposable
{
    private readonly SafeFileHandle _stat;
    private readonly SafeFileHandle _inflight;
    private readonly byte[] _buffer = new byte[512];

    public DiskStatistics(string diskDirectory)
    {
        _stat = File.OpenHandle(Path.Combine(diskDirectory, "stat"));
        try
        {
            _inflight = File.OpenHandle(Path.Combine(diskDirectory, "inflight"));
        }
        catch
        {
            _stat.Dispose();
            throw;
        }
    }

    /// <summary>Sectors written since the disk was attached (field 7): writes, write-zeroes and secure erases, not discards.</summary>
    public ulong WrittenSectors => Field(_stat, 6);

    /// <summary>Reads completed since the disk was attached (field 1).</summary>
    private ulong Reads => Field(_stat, 0);

    /// <summary>
    /// Whether the statistics are kept. <c>queue/iostats</c> says so for disks with requests. For the others it is 0 by default on older
    /// kernels (seen on 6.1: device-mapper, zram), which count all the same; so where it is 0, one block is read and must show.
    /// </summary>
    public static unsafe bool AreKept(TapTarget target)
    {
        if (IsSwitchedOn(target)) return true;
        if (!target.BioBased) return false;
        using var statistics = new DiskStatistics(target.DiskDirectory);
        using var page = new DirectBuffer();
        int disk = Libc.Open(target.Path, Libc.ReadOnly | Libc.Direct | Libc.CloseOnExec, 0);
        if (disk < 0) return false;
        ulong before = statistics.Reads;
        bool read = Libc.ReadAt(disk, page.Pointer, (nuint)page.Bytes, 0) > 0;
        _ = Libc.Close(disk);
        return read && statistics.Reads != before;
    }

    /// <summary>Whether <c>queue/iostats</c> is on.</summary>
    public static bool IsSwitchedOn(TapTarget target) => TapTarget.ReadText(Path.Combine(target.DiskDirectory, "queue"), "iostats") == "1";

    /// <summary>Writes that the driver has and has not completed.</summary>
    public ulong WritesInFlight => Field(_inflight, 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stat.Dispose();
        _inflight.Dispose();
    }

    private ulong Field(SafeFileHandle file, int number)
    {
        ReadOnlySpan<byte> text = _buffer.AsSpan(0, RandomAccess.Read(file, _buffer, 0));
        for (int field = 0; ; field++)
        {
            text = text.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(text, out ulong value, out int length)) throw new IOException("The statistics of the disk cannot be read: it may have been removed.");
            if (field == number) return value;
            text = text[length..];
        }
    }
}
