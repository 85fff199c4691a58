namespace Mirror.Driver.Taps;

/// <summary>
/// Where things are in the map <c>bits</c> (driver/linux/tap.h): five planes of 64-bit words, marks 0, marks 1, issued 0, issued 1, kept; in each
/// a header page, the summary (one bit a page of leaf words), the leaf words (one bit a granule). Every part begins on a page.
/// </summary>
internal sealed class TapLayout
{
    public const int Planes = 5, IssuedPlanes = 2, KeptPlane = 4;
    public const int HeaderWords = 512, GenerationWord = 0, UndeliveredWord = 1;
    public const int PageWords = 512, PageBytes = 4096;

    public TapLayout(long sectors, int granuleBytes)
    {
        GranuleBytes = granuleBytes;
        GranuleShift = System.Numerics.BitOperations.Log2((uint)granuleBytes) - 9;
        Granules = (sectors + (1L << GranuleShift) - 1) >> GranuleShift;
        LeafPages = Math.Max(1, (((Granules + 63) >> 6) + PageWords - 1) / PageWords);
        SummaryWords = (LeafPages + 63) >> 6;
        LeafBase = HeaderWords + RoundUp(SummaryWords, PageWords);
        PlaneWords = LeafBase + (LeafPages * PageWords);
    }

    /// <summary>Bytes of a granule; a power of two.</summary>
    public int GranuleBytes { get; }

    /// <summary>log2 of sectors in a granule.</summary>
    public int GranuleShift { get; }

    /// <summary>How many granules the volume has, the last one maybe in part.</summary>
    public long Granules { get; }

    /// <summary>Pages of leaf words in a plane.</summary>
    public long LeafPages { get; }

    /// <summary>Words of the summary that are used.</summary>
    public long SummaryWords { get; }

    /// <summary>Words before the leaf part.</summary>
    public long LeafBase { get; }

    /// <summary>Words of a plane.</summary>
    public long PlaneWords { get; }

    /// <summary>Entries of the map.</summary>
    public long MapWords => PlaneWords * Planes;

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
