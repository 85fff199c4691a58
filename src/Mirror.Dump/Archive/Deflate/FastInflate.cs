using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// Decompresses tape blocks in the zlib form (RFC 1950 and 1951), faster than the base library, because a block is known as a whole. Any encoder's: several deflate blocks,
/// a window of 32 KiB. Away from the ends of both places it decodes without looking whether they end; near them, symbol by symbol. What is behind the checksum is left alone, as zlib
/// does it. The input may be anything: nothing is read or written outside the two places. Used by one thread.
/// </summary>
internal sealed class FastInflate
{
    private const int Stored = 0, Fixed = 1, Dynamic = 2;
    private const int LiteralBits = 11, DistanceBits = 9, MetaBits = DeflateSymbols.MaxMetaCodeBits;

    /// <summary>Symbols of the fixed codes, and of any: the last two of each mean nothing.</summary>
    private const int AllLiterals = DeflateSymbols.Literals + 2, AllDistances = DeflateSymbols.Distances + 2;

    /// <summary>Bytes that are copied at once.</summary>
    private const int Step = 16;

    /// <summary>What one turn of the fast loop needs: two words of input; four pairs of literals, or three and the longest match, copied in whole steps.</summary>
    private const int InputRoom = 2 * sizeof(ulong), OutputRoom = (3 * 2) + DeflateSymbols.MaxLength + Step;

    /// <summary>Where the tables begin among the entries: most that such codes take, as zlib's <c>enough</c> counts them (286 symbols, 11 bits at once; 30, 9).</summary>
    private const int LiteralStart = 0, DistanceStart = 2342, MetaStart = DistanceStart + 594, Entries = MetaStart + (1 << MetaBits);

    private static readonly uint[] LiteralSymbols = OfLiterals(), DistanceSymbols = OfDistances(), MetaSymbols = OfMetas();
    private static readonly uint[] FixedEntries = new uint[Entries];

    /// <summary>For each distance below a step, which bytes of what it leads to fill one.</summary>
    private static readonly Vector128<byte>[] Repeated = Repetitions();

    private readonly uint[] _entries = new uint[Entries];
    private readonly DecodingTable _literals, _distances, _meta;

    static FastInflate()
    {
        // RFC 1951, section 3.2.6.
        byte[] lengths = new byte[AllLiterals];
        lengths.AsSpan(0, 144).Fill(8);
        lengths.AsSpan(144, 112).Fill(9);
        lengths.AsSpan(256, 24).Fill(7);
        lengths.AsSpan(280).Fill(8);
        DecodingTable literals = Literals(FixedEntries);
        literals.TryMake(lengths, mayBePart: false);
        literals.Pair();
        Array.Fill(lengths, (byte)5);
        Distances(FixedEntries).TryMake(lengths.AsSpan(0, AllDistances), mayBePart: false);
    }

    public FastInflate()
    {
        _literals = Literals(_entries);
        _distances = Distances(_entries);
        _meta = new DecodingTable(MetaSymbols, DeflateSymbols.MaxMetaCodeBits, MetaBits, _entries, MetaStart);
    }

    /// <summary>Decompresses a block.</summary>
    /// <param name="block">From the zlib header to the checksum at least.</param>
    /// <param name="to">Where to: the most that it may give.</param>
    /// <returns>Bytes that it gave.</returns>
    /// <exception cref="DamagedException">It is damaged, or gives more. What is in the place then means nothing.</exception>
    public int Decompress(ReadOnlySpan<byte> block, Span<byte> to)
    {
        BitReader reader = new(block);
        reader.Fill();
        uint head = reader.Take(16);
        // Method deflate, a window of 32 KiB at most, no dictionary.
        if ((head & 0x0F) != 8 || (head & 0xF0) > 0x70 || BinaryPrimitives.ReverseEndianness((ushort)head) % 31 != 0 || (head & 0x2000) != 0) throw new DamagedException($"it has no zlib header (0x{head:X4})");
        int written = 0;
        bool last;
        do
        {
            reader.Fill();
            last = reader.Take(1) == 1;
            switch (reader.Take(2))
            {
                case Stored:
                    Store(ref reader, to, ref written);
                    break;
                case Fixed:
                    Decode(ref reader, to, ref written, FixedEntries);
                    break;
                case Dynamic:
                    ReadCodes(ref reader);
                    Decode(ref reader, to, ref written, _entries);
                    break;
                default:
                    throw Damaged("a deflate block of an unknown kind", reader.Position);
            }
        }
        while (!last);
        uint sum = BinaryPrimitives.ReadUInt32BigEndian(reader.TakeBytes(sizeof(uint)));
        return sum == Adler32.Of(to[..written]) ? written : throw new DamagedException("its checksum does not fit its content");
    }

    private static void Store(ref BitReader reader, Span<byte> to, ref int written)
    {
        uint lengths = BinaryPrimitives.ReadUInt32LittleEndian(reader.TakeBytes(2 * sizeof(ushort)));
        int length = (ushort)lengths;
        if ((lengths >> 16) != (ushort)~length) throw Damaged("a stored length that does not fit its complement", reader.Position);
        ReadOnlySpan<byte> stored = reader.TakeBytes(length);
        if (length > to.Length - written) throw TooMuch(to);
        stored.CopyTo(to[written..]);
        written += length;
    }

    /// <summary>The lengths of both codes, in a code of their own (RFC 1951, section 3.2.7).</summary>
    private void ReadCodes(ref BitReader reader)
    {
        Span<byte> metas = stackalloc byte[DeflateSymbols.Metas], lengths = stackalloc byte[AllLiterals + AllDistances];
        reader.Fill();
        int literals = (int)reader.Take(5) + DeflateSymbols.FirstLength, distances = (int)reader.Take(5) + 1, count = (int)reader.Take(4) + 4;
        if (literals > DeflateSymbols.Literals || distances > DeflateSymbols.Distances) throw Damaged($"a code for {literals} literals and {distances} distances", reader.Position);
        metas.Clear();
        foreach (byte symbol in DeflateSymbols.MetaOrder[..count])
        {
            reader.Fill();
            metas[symbol] = (byte)reader.Take(3);
        }
        if (!_meta.TryMake(metas, mayBePart: false)) throw Damaged("a code of code lengths that is none", reader.Position);
        lengths = lengths[..(literals + distances)];
        for (int at = 0; at < lengths.Length;)
        {
            reader.Fill();
            uint entry = _entries[MetaStart + ((int)reader.Bits & ((1 << MetaBits) - 1))];
            reader.Skip((byte)entry);
            int symbol = DecodingTable.ValueOf(entry);
            if (symbol <= DeflateSymbols.MaxCodeBits)
            {
                lengths[at++] = (byte)symbol;
                continue;
            }
            if (symbol == 16 && at == 0) throw Damaged("a repeated length without one before", reader.Position);
            byte repeated = symbol == 16 ? lengths[at - 1] : (byte)0;
            int times = symbol switch { 16 => 3 + (int)reader.Take(2), 17 => 3 + (int)reader.Take(3), _ => 11 + (int)reader.Take(7) };
            if (times > lengths.Length - at) throw Damaged("more code lengths than codes", reader.Position);
            lengths.Slice(at, times).Fill(repeated);
            at += times;
        }
        if (lengths[DeflateSymbols.EndOfBlock] == 0) throw Damaged("a code without an end", reader.Position);
        if (!_literals.TryMake(lengths[..literals], mayBePart: true)) throw Damaged("a code of literals that is none", reader.Position);
        if (!_distances.TryMake(lengths[literals..], mayBePart: true)) throw Damaged("a code of distances that is none", reader.Position);
        _literals.Pair();
    }

    /// <summary>The content of a deflate block.</summary>
    private static void Decode(ref BitReader reader, Span<byte> to, ref int written, ReadOnlySpan<uint> entries)
    {
        if (BitConverter.IsLittleEndian && DecodeFast(ref reader, to, ref written, entries)) return;
        while (true)
        {
            reader.Fill();
            uint entry = Look(ref reader, entries, LiteralStart, LiteralBits);
            if ((entry & DecodingTable.IsLiteral) != 0)
            {
                reader.Skip((byte)entry);
                int literals = DecodingTable.CodeBits(entry);
                if (literals > to.Length - written) throw TooMuch(to);
                to[written++] = (byte)(entry >> 16);
                if (literals > 1) to[written++] = (byte)(entry >> 24);
                continue;
            }
            if (DecodingTable.Is(entry, DecodingTable.EndsBlock))
            {
                reader.Skip((byte)entry);
                return;
            }
            if (DecodingTable.Is(entry, DecodingTable.None)) throw Damaged("a code that stands for nothing", reader.Position);
            int length = Value(ref reader, entry);
            reader.Fill();
            entry = Look(ref reader, entries, DistanceStart, DistanceBits);
            if (DecodingTable.Is(entry, DecodingTable.None)) throw Damaged("a distance that stands for nothing", reader.Position);
            int distance = Value(ref reader, entry);
            if (distance > written) throw TooFar(distance, written, reader.Position);
            if (length > to.Length - written) throw TooMuch(to);
            for (int end = written + length; written < end; written++) to[written] = to[written - distance];
        }
    }

    /// <summary>The entry of the next code.</summary>
    private static uint Look(ref BitReader reader, ReadOnlySpan<uint> entries, int start, int rootBits)
    {
        uint entry = entries[start + ((int)reader.Bits & ((1 << rootBits) - 1))];
        if (!DecodingTable.Is(entry, DecodingTable.LeadsOn)) return entry;
        reader.Skip((byte)entry);
        return entries[DecodingTable.ValueOf(entry) + ((int)reader.Bits & ((1 << DecodingTable.CodeBits(entry)) - 1))];
    }

    /// <summary>Takes a length or a distance: the least of its code, and the bits after it.</summary>
    private static int Value(ref BitReader reader, uint entry)
    {
        int code = DecodingTable.CodeBits(entry);
        return DecodingTable.ValueOf(entry) + (int)(reader.Take((byte)entry) >> code);
    }

    /// <summary>
    /// As far as neither place is near its end, on a little-endian processor. What holds instead of checks: a turn begins with <see cref="InputRoom"/> and <see cref="OutputRoom"/> left and
    /// uses no more; a place in the first table is cut to its bits; a match is compared with what was written. What entries lead to is looked up with a check.
    /// </summary>
    /// <returns>Whether the deflate block ended.</returns>
    private static bool DecodeFast(ref BitReader reader, Span<byte> to, ref int written, ReadOnlySpan<uint> entries)
    {
        ref byte from = ref MemoryMarshal.GetReference(reader.From), place = ref MemoryMarshal.GetReference(to);
        ref uint table = ref MemoryMarshal.GetReference(entries);
        int lastAt = reader.From.Length - InputRoom, lastPut = to.Length - OutputRoom;
        ulong bits = reader.Bits;
        int count = reader.Count, at = reader.At, put = written;
        bool ended = false;
        while (at <= lastAt && put <= lastPut)
        {
            // 56 bits: four entries of literals, or three and a length of 15 bits with 5 after it.
            bits |= Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, at)) << count;
            at += (63 - count) >> 3;
            count |= BitReader.FilledBits;
            uint entry = Unsafe.Add(ref table, (nuint)bits & ((1 << LiteralBits) - 1));
            if ((entry & DecodingTable.IsLiteral) != 0)
            {
                bits >>= (byte)entry;
                count -= (byte)entry;
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, put), (ushort)(entry >> 16));
                put += DecodingTable.CodeBits(entry);
                entry = Unsafe.Add(ref table, (nuint)bits & ((1 << LiteralBits) - 1));
                if ((entry & DecodingTable.IsLiteral) != 0)
                {
                    bits >>= (byte)entry;
                    count -= (byte)entry;
                    Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, put), (ushort)(entry >> 16));
                    put += DecodingTable.CodeBits(entry);
                    entry = Unsafe.Add(ref table, (nuint)bits & ((1 << LiteralBits) - 1));
                    if ((entry & DecodingTable.IsLiteral) != 0)
                    {
                        bits >>= (byte)entry;
                        count -= (byte)entry;
                        Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, put), (ushort)(entry >> 16));
                        put += DecodingTable.CodeBits(entry);
                        entry = Unsafe.Add(ref table, (nuint)bits & ((1 << LiteralBits) - 1));
                        if ((entry & DecodingTable.IsLiteral) != 0)
                        {
                            bits >>= (byte)entry;
                            count -= (byte)entry;
                            Unsafe.WriteUnaligned(ref Unsafe.Add(ref place, put), (ushort)(entry >> 16));
                            put += DecodingTable.CodeBits(entry);
                            continue;
                        }
                    }
                }
            }
            if ((entry & DecodingTable.Special) != 0)
            {
                if (DecodingTable.Is(entry, DecodingTable.LeadsOn))
                {
                    bits >>= LiteralBits;
                    count -= LiteralBits;
                    entry = entries[DecodingTable.ValueOf(entry) + ((int)bits & ((1 << DecodingTable.CodeBits(entry)) - 1))];
                    if ((entry & DecodingTable.IsLiteral) != 0)
                    {
                        bits >>= (byte)entry;
                        count -= (byte)entry;
                        Unsafe.Add(ref place, put++) = (byte)(entry >> 16);
                        continue;
                    }
                }
                if ((entry & DecodingTable.Special) != 0)
                {
                    if (DecodingTable.Is(entry, DecodingTable.None)) throw Damaged("a code that stands for nothing", at - (count >> 3));
                    bits >>= (byte)entry;
                    count -= (byte)entry;
                    ended = true;
                    break;
                }
            }
            int length = DecodingTable.ValueOf(entry) + (int)((bits & ((1UL << (byte)entry) - 1)) >> DecodingTable.CodeBits(entry));
            bits >>= (byte)entry;
            count -= (byte)entry;
            bits |= Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, at)) << count;
            at += (63 - count) >> 3;
            count |= BitReader.FilledBits;
            entry = Unsafe.Add(ref table, DistanceStart + ((nuint)bits & ((1 << DistanceBits) - 1)));
            if ((entry & DecodingTable.Special) != 0)
            {
                if (DecodingTable.Is(entry, DecodingTable.LeadsOn))
                {
                    bits >>= DistanceBits;
                    count -= DistanceBits;
                    entry = entries[DecodingTable.ValueOf(entry) + ((int)bits & ((1 << DecodingTable.CodeBits(entry)) - 1))];
                }
                if ((entry & DecodingTable.Special) != 0) throw Damaged("a distance that stands for nothing", at - (count >> 3));
            }
            int distance = DecodingTable.ValueOf(entry) + (int)((bits & ((1UL << (byte)entry) - 1)) >> DecodingTable.CodeBits(entry));
            bits >>= (byte)entry;
            count -= (byte)entry;
            if (distance > put) throw TooFar(distance, put, at - (count >> 3));
            ref byte target = ref Unsafe.Add(ref place, put);
            ref byte source = ref Unsafe.Subtract(ref target, distance);
            put += length;
            if (distance >= Step)
            {
                Vector128.LoadUnsafe(ref source).StoreUnsafe(ref target);
                for (int done = Step; done < length; done += Step) Vector128.LoadUnsafe(ref source, (nuint)done).StoreUnsafe(ref target, (nuint)done);
            }
            else
            {
                // A step of it repeated; the next one begins where the repetition does.
                Vector128<byte> step = Vector128.Shuffle(Vector128.LoadUnsafe(ref source), Repeated[distance]);
                int stride = Step - (Step % distance);
                for (int done = 0; done < length; done += stride) step.StoreUnsafe(ref target, (nuint)done);
            }
        }
        (reader.Bits, reader.Count, reader.At, written) = (bits, count, at, put);
        return ended;
    }

    private static DecodingTable Literals(uint[] entries) => new(LiteralSymbols, DeflateSymbols.MaxCodeBits, LiteralBits, entries, LiteralStart);

    private static DecodingTable Distances(uint[] entries) => new(DistanceSymbols, DeflateSymbols.MaxCodeBits, DistanceBits, entries, DistanceStart);

    private static uint[] OfLiterals()
    {
        uint[] symbols = new uint[AllLiterals];
        for (int i = 0; i < symbols.Length; i++)
        {
            symbols[i] = i < DeflateSymbols.EndOfBlock ? DecodingTable.Symbol(i, 0) | DecodingTable.IsLiteral
                : i == DeflateSymbols.EndOfBlock ? DecodingTable.EndsBlock
                : i < DeflateSymbols.Literals ? DecodingTable.Symbol(DeflateSymbols.LengthBase(i), DeflateSymbols.LengthExtraBits(i))
                : DecodingTable.None;
        }
        return symbols;
    }

    private static uint[] OfDistances()
    {
        uint[] symbols = new uint[AllDistances];
        for (int i = 0; i < symbols.Length; i++)
            symbols[i] = i < DeflateSymbols.Distances ? DecodingTable.Symbol(DeflateSymbols.DistanceBase(i), DeflateSymbols.DistanceExtraBits(i)) : DecodingTable.None;
        return symbols;
    }

    private static uint[] OfMetas()
    {
        uint[] symbols = new uint[DeflateSymbols.Metas];
        for (int i = 0; i < symbols.Length; i++) symbols[i] = DecodingTable.Symbol(i, 0);
        return symbols;
    }

    private static Vector128<byte>[] Repetitions()
    {
        Vector128<byte>[] repeated = new Vector128<byte>[Step];
        Span<byte> bytes = stackalloc byte[Step];
        for (int distance = 0; distance < Step; distance++)
        {
            for (int i = 0; i < Step; i++) bytes[i] = (byte)(i % Math.Max(distance, 1));
            repeated[distance] = Vector128.Create<byte>(bytes);
        }
        return repeated;
    }

    private static DamagedException Damaged(string what, int position) => new($"{what} stands at its byte {position}");

    private static DamagedException TooFar(int distance, int written, int position) => Damaged($"a match {distance} bytes back, of {written},", position);

    private static DamagedException TooMuch(ReadOnlySpan<byte> to) => new($"it gives more than {to.Length} bytes");
}
