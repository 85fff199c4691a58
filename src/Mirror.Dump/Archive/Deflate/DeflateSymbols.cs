using System.Numerics;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>The symbols of lengths and distances (RFC 1951, section 3.2.5).</summary>
internal static class DeflateSymbols
{
    /// <summary>Symbols of literals and lengths, and of distances.</summary>
    public const int Literals = 286, Distances = 30;

    /// <summary>Symbols of the code in which the lengths of the other two are written.</summary>
    public const int Metas = 19;

    /// <summary>Bits of the longest code, and of the longest of the code of code lengths.</summary>
    public const int MaxCodeBits = 15, MaxMetaCodeBits = 7;

    /// <summary>The symbol that ends a block, and that of the shortest length.</summary>
    public const int EndOfBlock = 256, FirstLength = 257;

    /// <summary>Longest match.</summary>
    public const int MaxLength = 258;

    private const int Lengths = Literals - FirstLength;
    private static readonly byte[] LengthSymbols = new byte[MaxLength + 1];
    private static readonly int[] LengthBases = new int[Lengths];

    static DeflateSymbols()
    {
        int length = 3;
        for (int symbol = 0; symbol < Lengths - 1; symbol++)
        {
            LengthBases[symbol] = length;
            int end = Math.Min(length + (1 << LengthExtraBits(FirstLength + symbol)), MaxLength);
            for (; length < end; length++) LengthSymbols[length] = (byte)symbol;
        }
        LengthSymbols[MaxLength] = Lengths - 1;
        LengthBases[Lengths - 1] = MaxLength;
    }

    /// <summary>The order of the lengths of the code of code lengths (RFC 1951, section 3.2.7).</summary>
    public static ReadOnlySpan<byte> MetaOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>The symbol of a length of 3 to 258.</summary>
    public static int OfLength(int length) => FirstLength + LengthSymbols[length];

    /// <summary>The least length of a symbol.</summary>
    public static int LengthBase(int symbol) => LengthBases[symbol - FirstLength];

    /// <summary>Bits after a symbol of lengths.</summary>
    public static int LengthExtraBits(int symbol) => symbol < FirstLength + 8 || symbol == Literals - 1 ? 0 : ((symbol - FirstLength) / 4) - 1;

    /// <summary>The symbol of a distance of 1 to 32,768.</summary>
    public static int OfDistance(int distance)
    {
        int from = distance - 1;
        if (from < 4) return from;
        int log = BitOperations.Log2((uint)from);
        return (2 * log) + ((from >> (log - 1)) & 1);
    }

    /// <summary>Bits after a symbol of distances: the low bits of the distance less 1.</summary>
    public static int DistanceExtraBits(int symbol) => symbol < 4 ? 0 : (symbol >> 1) - 1;

    /// <summary>The least distance of a symbol.</summary>
    public static int DistanceBase(int symbol) => symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << DistanceExtraBits(symbol)) + 1;
}
