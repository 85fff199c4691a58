using System.Buffers.Binary;
using Mirror.Dump.Archive.Deflate;

namespace Mirror.Dump.Tests.Archive;

/// <summary>A zlib block made bit by bit (RFC 1951), with what no encoder would write.</summary>
internal sealed class BitList
{
    private readonly List<bool> _bits = [];

    /// <summary>Begins with the header of zlib.</summary>
    public static BitList WithHeader()
    {
        BitList bits = new();
        bits.Put(0x0178, 16);
        return bits;
    }

    /// <summary>A number, its lowest bit first.</summary>
    public void Put(uint value, int bits)
    {
        for (int i = 0; i < bits; i++) _bits.Add(((value >> i) & 1) == 1);
    }

    /// <summary>Bits as they are written: 0 and 1.</summary>
    public void PutCodes(string bits) => _bits.AddRange(bits.Select(b => b == '1'));

    /// <summary>A deflate block of bytes as they are; several when they are many.</summary>
    public void PutStored(ReadOnlySpan<byte> bytes, bool last)
    {
        do
        {
            ReadOnlySpan<byte> part = bytes[..Math.Min(bytes.Length, ushort.MaxValue)];
            bytes = bytes[part.Length..];
            Put(last && bytes.IsEmpty ? 1u : 0u, 3);
            Align();
            Put((uint)part.Length, 16);
            Put(~(uint)part.Length, 16);
            foreach (byte b in part) Put(b, 8);
        }
        while (!bytes.IsEmpty);
    }

    /// <summary>A deflate block with one match, in the fixed codes.</summary>
    public void PutFixedMatch(int length, int distance)
    {
        Put(0b010, 3);
        int symbol = DeflateSymbols.OfLength(length);
        if (symbol < 280) PutCode(symbol - 256, 7);
        else PutCode(0b1100_0000 + symbol - 280, 8);
        Put((uint)(length - DeflateSymbols.LengthBase(symbol)), DeflateSymbols.LengthExtraBits(symbol));
        symbol = DeflateSymbols.OfDistance(distance);
        PutCode(symbol, 5);
        Put((uint)(distance - DeflateSymbols.DistanceBase(symbol)), DeflateSymbols.DistanceExtraBits(symbol));
        PutCode(0, 7);
    }

    /// <summary>The block, with the checksum of what it gives.</summary>
    public byte[] Done(ReadOnlySpan<byte> content)
    {
        Align();
        Put(BinaryPrimitives.ReverseEndianness(Adler32.Single(content)), 32);
        byte[] block = new byte[_bits.Count / 8];
        for (int i = 0; i < _bits.Count; i++) block[i / 8] |= (byte)((_bits[i] ? 1 : 0) << (i % 8));
        return block;
    }

    private void PutCode(int code, int bits)
    {
        for (int i = bits - 1; i >= 0; i--) _bits.Add(((code >> i) & 1) == 1);
    }

    private void Align()
    {
        while (_bits.Count % 8 != 0) _bits.Add(false);
    }
}
