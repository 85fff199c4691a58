using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// Finds what repeats in a piece, with one guess at each place: the last place with the same six bytes, or else with the same four. Where nothing repeats it takes longer and longer
/// steps, so that noise costs little. Used by one thread.
/// </summary>
internal sealed class MatchFinder
{
    /// <summary>Bytes of a piece: all distances in it are within deflate's window, and every place within 16 bits.</summary>
    public const int PieceBytes = 32 << 10;

    private const int MinLength = 4;
    private const int LongBits = 14, ShortBits = 13;

    /// <summary>After so many bytes (as a power of two) without a match the step is one longer.</summary>
    private const int Patience = 7;

    private readonly ushort[] _long = new ushort[1 << LongBits], _short = new ushort[1 << ShortBits];
    private readonly Match[] _matches = new Match[(PieceBytes / MinLength) + 1];
    private int _count;

    /// <summary>What was found in the last piece; what is between the matches and after the last is literal.</summary>
    public ReadOnlySpan<Match> Matches => _matches.AsSpan(0, _count);

    /// <summary>Looks through a piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(ReadOnlySpan<byte> piece)
    {
        const int word = sizeof(ulong);
        Span<ushort> longs = _long, shorts = _short;
        Span<Match> matches = _matches;
        // An empty place of the tables says 0, which is as good a guess as any: all are compared.
        longs.Clear();
        shorts.Clear();
        int count = 0, literals = 0, end = piece.Length - word;
        for (int at = 1; at < end;)
        {
            ulong here = BinaryPrimitives.ReadUInt64LittleEndian(piece[at..]);
            ref ushort ofLong = ref longs[LongHash(here)];
            ref ushort ofShort = ref shorts[ShortHash(here)];
            int guess = ofLong, other = ofShort;
            ofLong = ofShort = (ushort)at;
            ulong difference = here ^ BinaryPrimitives.ReadUInt64LittleEndian(piece[guess..]);
            if ((uint)difference != 0)
            {
                guess = other;
                difference = here ^ BinaryPrimitives.ReadUInt64LittleEndian(piece[guess..]);
                if ((uint)difference != 0)
                {
                    at += 1 + ((at - literals) >> Patience);
                    continue;
                }
            }
            int length = difference != 0
                ? BitOperations.TrailingZeroCount(difference) >> 3
                : word + piece.Slice(at + word, Math.Min(DeflateSymbols.MaxLength, piece.Length - at) - word).CommonPrefixLength(piece[(guess + word)..]);
            matches[count++] = new Match { Literals = at - literals, Length = (ushort)length, Distance = (ushort)(at - guess) };
            literals = at + length;
            // Every other place of what is passed over can be found again: half the work, and hardly larger.
            for (int i = at + 1; i < Math.Min(literals, end); i += 2)
            {
                ulong there = BinaryPrimitives.ReadUInt64LittleEndian(piece[i..]);
                longs[LongHash(there)] = shorts[ShortHash(there)] = (ushort)i;
            }
            at = literals;
        }
        _count = count;
    }

    private static int LongHash(ulong eight) => (int)(((eight << 16) * 0x9E3779B185EBCA87) >> (64 - LongBits));

    private static int ShortHash(ulong eight) => (int)(((uint)eight * 0x9E3779B1) >> (32 - ShortBits));
}
