namespace Mirror.Core.Store;

/// <summary>Finds zeroes in a buffer.</summary>
internal static class ZeroScan
{
    /// <summary>Whether every byte is zero. Ends at the first that is not, so it costs nearly nothing on real data.</summary>
    public static bool IsZero(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>
    /// The first run of whole, aligned, all-zero granules at or after <paramref name="from"/> in <paramref name="data"/>, whose first byte stands at
    /// <paramref name="offset"/> of the volume.
    /// </summary>
    /// <returns>False when there is none; then <paramref name="start"/> and <paramref name="end"/> are the data's length.</returns>
    public static bool NextRun(ReadOnlySpan<byte> data, long offset, int granule, int from, out int start, out int end)
    {
        int at = from + (int)((granule - ((offset + from) & (granule - 1))) & (granule - 1));
        for (; at <= data.Length - granule; at += granule)
        {
            if (!IsZero(data.Slice(at, granule))) continue;
            start = at;
            for (at += granule; at <= data.Length - granule && IsZero(data.Slice(at, granule)); at += granule) { }
            end = at;
            return true;
        }
        start = end = data.Length;
        return false;
    }
}
