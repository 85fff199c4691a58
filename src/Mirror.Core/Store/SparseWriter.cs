namespace Mirror.Core.Store;

/// <summary>Writes data so that zeroes take no room: into holes they are not written, over data they are punched out where that pays.</summary>
internal static class SparseWriter
{
    /// <summary>Zeroes that land on stored data are punched out from this length on; shorter runs are written, to spare the file's extent tree.</summary>
    public const int PunchBytes = 64 << 10;

    private const int Granule = 4096;

    /// <summary>The bytes of <paramref name="file"/> from <paramref name="offset"/> on read as <paramref name="data"/> afterwards.</summary>
    public static void Write(IImageFile file, long offset, ReadOnlySpan<byte> data)
    {
        if (ZeroScan.IsZero(data) && IsHole(file, offset, offset + data.Length)) return;
        int written = 0, from = 0;
        while (ZeroScan.NextRun(data, offset, Granule, from, out int start, out int end))
        {
            from = end;
            bool hole = IsHole(file, offset + start, offset + end);
            if (!hole && end - start < PunchBytes) continue;   // goes with the data around it
            if (start > written) file.Write(offset + written, data[written..start]);
            if (!hole) file.Zero(offset + start, end - start);
            written = end;
        }
        if (written < data.Length) file.Write(offset + written, data[written..]);
    }

    private static bool IsHole(IImageFile file, long start, long end) => !file.NextData(start, out long data, out _) || data >= end;
}
