using System.Runtime.CompilerServices;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// Compresses a tape block in the zlib form (RFC 1950), for the fast levels: about as small as zlib's level 2 in little more than half of its time, because a block is known as a whole.
/// Each piece of 32 KiB is a deflate block with codes of its own; nothing refers to another piece. Used by one thread.
/// </summary>
internal sealed class FastDeflate
{
    private readonly MatchFinder _finder = new();
    private readonly HuffmanCode _literals = new(DeflateSymbols.Literals, DeflateSymbols.MaxCodeBits), _distances = new(DeflateSymbols.Distances, DeflateSymbols.MaxCodeBits);
    private readonly HuffmanCode _meta = new(DeflateSymbols.Metas, DeflateSymbols.MaxMetaCodeBits);
    private readonly uint[] _lengths = new uint[DeflateSymbols.MaxLength + 1];
    private readonly List<(byte Symbol, byte Extra, byte ExtraBits)> _metaSymbols = [];

    /// <summary>Compresses a block.</summary>
    /// <param name="block">At least one byte.</param>
    /// <param name="to">Where to.</param>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public int Compress(ReadOnlySpan<byte> block, Span<byte> to)
    {
        BitWriter writer = new(to);
        // Deflate with a window of 32 KiB, fast.
        writer.Put(0x0178, 16);
        for (int at = 0; at < block.Length && !writer.IsFull; at += MatchFinder.PieceBytes)
        {
            Piece(block.Slice(at, Math.Min(MatchFinder.PieceBytes, block.Length - at)), last: block.Length - at <= MatchFinder.PieceBytes, ref writer);
        }
        writer.Align();
        writer.Put(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Adler32.Of(block)), 32);
        writer.Align();
        return writer.IsFull ? 0 : writer.Length;
    }

    private void Piece(ReadOnlySpan<byte> piece, bool last, ref BitWriter writer)
    {
        _finder.Find(piece);
        Count(piece);
        _literals.Make();
        _distances.Make();
        for (int length = 3; length <= DeflateSymbols.MaxLength; length++)
        {
            int symbol = DeflateSymbols.OfLength(length);
            uint code = _literals.Codes[symbol];
            int bits = HuffmanCode.LengthOf(code);
            uint extra = (uint)(length - DeflateSymbols.LengthBase(symbol));
            _lengths[length] = HuffmanCode.Pack(HuffmanCode.BitsOf(code) | (extra << bits), bits + DeflateSymbols.LengthExtraBits(symbol));
        }
        const uint dynamic = 2;
        writer.Put((last ? 1u : 0u) | (dynamic << 1), 3);
        WriteCodes(ref writer);
        WriteContent(piece, ref writer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(ReadOnlySpan<byte> piece)
    {
        int[] literals = _literals.Counts, distances = _distances.Counts;
        Array.Clear(literals);
        Array.Clear(distances);
        foreach (ref readonly Match match in _finder.Matches)
        {
            foreach (byte literal in piece[..match.Literals]) literals[literal]++;
            literals[DeflateSymbols.OfLength(match.Length)]++;
            distances[DeflateSymbols.OfDistance(match.Distance)]++;
            piece = piece[(match.Literals + match.Length)..];
        }
        foreach (byte literal in piece) literals[literal]++;
        literals[DeflateSymbols.EndOfBlock] = 1;
    }

    /// <summary>The lengths of both codes, with runs shortened, in a code of their own.</summary>
    private void WriteCodes(ref BitWriter writer)
    {
        int literals = Math.Max(DeflateSymbols.FirstLength, _literals.Lengths.LastIndexOfAnyExcept((byte)0) + 1);
        int distances = _distances.Lengths.LastIndexOfAnyExcept((byte)0) + 1;
        Span<byte> lengths = stackalloc byte[literals + distances];
        _literals.Lengths[..literals].CopyTo(lengths);
        _distances.Lengths[..distances].CopyTo(lengths[literals..]);
        Array.Clear(_meta.Counts);
        _metaSymbols.Clear();
        while (!lengths.IsEmpty)
        {
            byte length = lengths[0];
            int run = lengths.IndexOfAnyExcept(length);
            if (run < 0) run = lengths.Length;
            lengths = lengths[run..];
            if (length != 0)
            {
                PutMeta(length, 0, 0);
                run--;
            }
            while (run >= 3)
            {
                (byte symbol, int least, int most, byte bits) = length != 0 ? ((byte)16, 3, 6, (byte)2) : run <= 10 ? ((byte)17, 3, 10, (byte)3) : ((byte)18, 11, 138, (byte)7);
                int part = Math.Min(run, most);
                PutMeta(symbol, (byte)(part - least), bits);
                run -= part;
            }
            for (; run > 0; run--) PutMeta(length, 0, 0);
        }
        _meta.Make();
        int metas = DeflateSymbols.Metas;
        while (metas > 4 && _meta.Lengths[DeflateSymbols.MetaOrder[metas - 1]] == 0) metas--;
        writer.Put((uint)(literals - 257), 5);
        writer.Put((uint)(distances - 1), 5);
        writer.Put((uint)(metas - 4), 4);
        writer.Flush();
        foreach (byte symbol in DeflateSymbols.MetaOrder[..metas])
        {
            writer.Put(_meta.Lengths[symbol], 3);
            writer.Flush();
        }
        foreach ((byte symbol, byte extra, byte bits) in _metaSymbols)
        {
            writer.Put(_meta.Codes[symbol]);
            writer.Put(extra, bits);
            writer.Flush();
        }
    }

    private void PutMeta(byte symbol, byte extra, byte bits)
    {
        _metaSymbols.Add((symbol, extra, bits));
        _meta.Counts[symbol]++;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteContent(ReadOnlySpan<byte> piece, ref BitWriter to)
    {
        BitWriter writer = to;
        ReadOnlySpan<uint> literals = _literals.Codes, distances = _distances.Codes, lengths = _lengths;
        foreach (ref readonly Match match in _finder.Matches)
        {
            WriteLiterals(piece[..match.Literals], literals, ref writer);
            if (writer.IsFull) break;
            int symbol = DeflateSymbols.OfDistance(match.Distance), bits = DeflateSymbols.DistanceExtraBits(symbol);
            writer.Put(lengths[match.Length]);
            writer.Put(distances[symbol]);
            writer.Put((uint)(match.Distance - 1) & ((1u << bits) - 1), bits);
            writer.Flush();
            piece = piece[(match.Literals + match.Length)..];
        }
        if (!writer.IsFull) WriteLiterals(piece, literals, ref writer);
        writer.Put(literals[DeflateSymbols.EndOfBlock]);
        writer.Flush();
        to = writer;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLiterals(ReadOnlySpan<byte> run, ReadOnlySpan<uint> codes, ref BitWriter writer)
    {
        // Three codes of 15 bits fit beside the 7 that may be left.
        for (; run.Length >= 3; run = run[3..])
        {
            writer.Put(codes[run[0]]);
            writer.Put(codes[run[1]]);
            writer.Put(codes[run[2]]);
            writer.Flush();
        }
        foreach (byte literal in run) writer.Put(codes[literal]);
        writer.Flush();
    }
}
