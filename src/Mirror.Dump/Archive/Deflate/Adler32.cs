using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// The checksum of zlib (RFC 1950, section 8.2): the sum of the bytes, and the sum of those sums. Rows of 32 bytes are added up by column; what a column counts for in the second sum
/// follows from its place.
/// </summary>
internal static class Adler32
{
    private const uint Prime = 65521;

    /// <summary>Most rows for which a column's sum of sums, at most 255 * rows * (rows - 1) / 2, fits into 16 bits.</summary>
    private const int MostRows = 23;

    /// <summary>Most single bytes that do not overflow 32 bits.</summary>
    private const int MostBytes = 5552;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint sum = 1, sums = 0;
        while (bytes.Length >= Vector256<byte>.Count)
        {
            ReadOnlySpan<byte> part = bytes[..(Math.Min(bytes.Length / Vector256<byte>.Count, MostRows) * Vector256<byte>.Count)];
            AddRows(part, ref sum, ref sums);
            bytes = bytes[part.Length..];
        }
        return Single(bytes, sum, sums);
    }

    /// <summary>The same, byte by byte, going on from earlier sums.</summary>
    internal static uint Single(ReadOnlySpan<byte> bytes, uint sum = 1, uint sums = 0)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> part = bytes[..Math.Min(bytes.Length, MostBytes)];
            foreach (byte b in part)
            {
                sum += b;
                sums += sum;
            }
            sum %= Prime;
            sums %= Prime;
            bytes = bytes[part.Length..];
        }
        return (sums << 16) | sum;
    }

    // Code with wide vectors is not compiled ahead; without this the first blocks would be added up by code that is not optimized.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(ReadOnlySpan<byte> rows, ref uint sum, ref uint sums)
    {
        Vector256<ushort> low = default, high = default, lowSums = default, highSums = default;
        for (int at = 0; at < rows.Length; at += Vector256<byte>.Count)
        {
            lowSums += low;
            highSums += high;
            (Vector256<ushort> lower, Vector256<ushort> upper) = Vector256.Widen(Vector256.Create(rows.Slice(at, Vector256<byte>.Count)));
            low += lower;
            high += upper;
        }
        // Each byte counts once for itself and once for each that follows: for whole rows, and within its row.
        (Vector256<uint> a, Vector256<uint> b) = Vector256.Widen(low);
        (Vector256<uint> c, Vector256<uint> d) = Vector256.Widen(high);
        (Vector256<uint> e, Vector256<uint> f) = Vector256.Widen(lowSums);
        (Vector256<uint> g, Vector256<uint> h) = Vector256.Widen(highSums);
        Vector256<uint> inRow = (a * Vector256.Create(32u, 31, 30, 29, 28, 27, 26, 25)) + (b * Vector256.Create(24u, 23, 22, 21, 20, 19, 18, 17))
            + (c * Vector256.Create(16u, 15, 14, 13, 12, 11, 10, 9)) + (d * Vector256.Create(8u, 7, 6, 5, 4, 3, 2, 1));
        sums = (sums + ((uint)rows.Length * sum) + ((uint)Vector256<byte>.Count * Vector256.Sum(e + f + g + h)) + Vector256.Sum(inRow)) % Prime;
        sum = (sum + Vector256.Sum(a + b + c + d)) % Prime;
    }
}
