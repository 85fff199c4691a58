using System.Numerics;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// Decodes a prefix code that is given by the lengths of its codes (RFC 1951, section 3.2.2). The next bits, as many as <see cref="RootBits"/>, are the place of an entry; where a longer
/// code begins with them, that entry leads to a table of what follows; where two codes of literals fit into them, it stands for both. An entry, from the lowest bit:
/// <code>
///   0   8  bits that it takes: those of the code (in a table that is led to: what is left of them) and those that come after it
///   8   4  those of the code alone; of an entry that leads on: how many bits are the place in the other table; of one of literals: how many they are
///  12   1  ends the block
///  13   1  leads on
///  14   1  is of literals
///  15   1  ends the block, or leads on, or, with neither of these bits, is no code
///  16  16  one literal or two, the first one lowest; the least length or distance; a symbol; where the other table begins
/// </code>
/// </summary>
internal sealed class DecodingTable
{
    public const uint EndsBlock = (1u << 12) | Special, LeadsOn = (1u << 13) | Special, IsLiteral = 1u << 14, Special = 1u << 15;

    /// <summary>The entry of what is no code.</summary>
    public const uint None = Special;

    private const uint KindMask = EndsBlock | LeadsOn | IsLiteral;

    private readonly uint[] _symbols, _entries;
    private readonly int _start, _longest;

    /// <param name="symbols">The entry of each symbol, with the bits that come after its code.</param>
    /// <param name="longest">Bits of the longest code.</param>
    /// <param name="rootBits">See <see cref="RootBits"/>.</param>
    /// <param name="entries">Where the table goes.</param>
    /// <param name="start">Where in that it begins.</param>
    public DecodingTable(uint[] symbols, int longest, int rootBits, uint[] entries, int start)
    {
        (_symbols, _longest, RootBits, _entries, _start) = (symbols, longest, rootBits, entries, start);
    }

    /// <summary>Bits that are looked up at once.</summary>
    public int RootBits { get; }

    /// <summary>What an entry says.</summary>
    public static int ValueOf(uint entry) => (int)(entry >> 16);

    /// <summary>Whether an entry is one of these.</summary>
    public static bool Is(uint entry, uint kind) => (entry & KindMask) == kind;

    /// <summary>Bits of the code alone, or of the place in the table that is led to, or how many literals.</summary>
    public static int CodeBits(uint entry) => (int)((entry >> 8) & 0xF);

    /// <summary>An entry of a symbol, without its code.</summary>
    public static uint Symbol(int value, int extraBits) => ((uint)value << 16) | (uint)extraBits;

    /// <summary>Makes the table for these lengths, one a symbol; 0 where there is no code.</summary>
    /// <param name="lengths">At most as many as there are symbols, none longer than the longest.</param>
    /// <param name="mayBePart">Whether a code may be none at all, or a single one of one bit, as deflate allows it where only one symbol comes.</param>
    /// <returns>False when the lengths are no code: too many for their bits, or too few.</returns>
    public bool TryMake(ReadOnlySpan<byte> lengths, bool mayBePart)
    {
        Span<int> ofLength = stackalloc int[DeflateSymbols.MaxCodeBits + 1], next = stackalloc int[DeflateSymbols.MaxCodeBits + 2];
        ofLength.Clear();
        foreach (byte length in lengths) ofLength[length]++;
        next[1] = 0;
        // The space of codes, in units of the longest one.
        int space = 0;
        for (int length = 1; length <= _longest; length++)
        {
            space += ofLength[length] << (_longest - length);
            next[length + 1] = next[length] + ofLength[length];
        }
        int count = next[_longest + 1];
        if (space != 1 << _longest)
        {
            if (!mayBePart || count > 1 || (count == 1 && ofLength[1] == 0)) return false;
            Root.Fill(None);
        }
        Span<ushort> sorted = stackalloc ushort[_symbols.Length];
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] > 0) sorted[next[lengths[symbol]]++] = (ushort)symbol;
        }
        if (space == 1 << _longest)
        {
            Fill(sorted[..count], ofLength);
        }
        else if (count == 1)
        {
            for (int at = 0; at < 1 << RootBits; at += 2) Root[at] = EntryOf(sorted[0], 1);
        }
        return true;
    }

    /// <summary>Makes one entry of two literals where both fit.</summary>
    public void Pair()
    {
        Span<uint> root = Root;
        // What follows a code has a lesser place, and is still single.
        for (int at = root.Length - 1; at >= 0; at--)
        {
            uint first = root[at];
            if ((first & IsLiteral) == 0) continue;
            int bits = (byte)first;
            uint second = root[at >> bits];
            if ((second & IsLiteral) == 0 || bits + (byte)second > RootBits) continue;
            root[at] = IsLiteral | (2u << 8) | (uint)(bits + (byte)second) | (first & 0x00FF_0000) | ((second & 0x00FF_0000) << 8);
        }
    }

    private Span<uint> Root => _entries.AsSpan(_start, 1 << RootBits);

    private uint EntryOf(ushort symbol, int bits)
    {
        uint entry = _symbols[symbol];
        return entry + ((entry & IsLiteral) != 0 ? (uint)bits | (1u << 8) : (uint)bits * 0x101);
    }

    /// <summary>Puts the symbols of a complete code, sorted by length; codes have their first bit lowest.</summary>
    private void Fill(ReadOnlySpan<ushort> sorted, Span<int> ofLength)
    {
        Span<uint> root = Root;
        int code = 0, at = 0, filled = 0;
        for (int length = 1; length <= RootBits && at < sorted.Length; length++)
        {
            // What is there by now comes twice: with the new bit and without it.
            if (filled > 0) root[..filled].CopyTo(root[filled..]);
            filled = 1 << length;
            for (int left = ofLength[length]; left > 0; left--)
            {
                root[code] = EntryOf(sorted[at++], length);
                code = Following(code, length);
            }
        }
        for (; filled < 1 << RootBits; filled *= 2) root[..filled].CopyTo(root[filled..]);
        int prefix = -1, start = 0, bits = 0, end = _start + root.Length;
        for (int length = RootBits + 1; length <= _longest; length++)
        {
            for (int left = ofLength[length]; left > 0; left--)
            {
                if ((code & ((1 << RootBits) - 1)) != prefix)
                {
                    prefix = code & ((1 << RootBits) - 1);
                    (start, bits) = (end, length - RootBits);
                    // As many bits as the codes that are left need until they fill the table.
                    for (int places = left; places < 1 << bits;)
                    {
                        bits++;
                        places = (places << 1) + ofLength[RootBits + bits];
                    }
                    end += 1 << bits;
                    root[prefix] = LeadsOn | ((uint)start << 16) | ((uint)bits << 8) | (uint)RootBits;
                }
                uint entry = EntryOf(sorted[at++], length - RootBits);
                for (int place = code >> RootBits; place < 1 << bits; place += 1 << (length - RootBits)) _entries[start + place] = entry;
                code = Following(code, length);
            }
        }
    }

    /// <summary>The next code of a length; after the last one, 0.</summary>
    private static int Following(int code, int length)
    {
        int zeroes = ((1 << length) - 1) ^ code;
        if (zeroes == 0) return 0;
        int highest = 1 << BitOperations.Log2((uint)zeroes);
        return (code & (highest - 1)) | highest;
    }
}
