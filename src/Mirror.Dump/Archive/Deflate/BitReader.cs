using System.Buffers.Binary;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>
/// Bits out of a place, lowest first. <see cref="Bits"/> holds the next <see cref="Count"/> ones; above them are either zeroes or what the bytes from <see cref="At"/> on give, so that
/// loading a byte twice does no harm.
/// </summary>
internal ref struct BitReader(ReadOnlySpan<byte> from)
{
    /// <summary>At least so many bits are there after <see cref="Fill"/>, unless the place ends.</summary>
    public const int FilledBits = 56;

    /// <summary>All of it.</summary>
    public readonly ReadOnlySpan<byte> From = from;

    /// <summary>The next bits.</summary>
    public ulong Bits;

    /// <summary>How many of them there are.</summary>
    public int Count;

    /// <summary>The byte that is loaded next.</summary>
    public int At;

    /// <summary>The byte in which the next bit is.</summary>
    public readonly int Position => At - (Count >> 3);

    /// <summary>Loads bits: <see cref="FilledBits"/> at least, or all that there are.</summary>
    public void Fill()
    {
        if (From.Length - At >= sizeof(ulong))
        {
            Bits |= BinaryPrimitives.ReadUInt64LittleEndian(From[At..]) << Count;
            At += (63 - Count) >> 3;
            Count |= FilledBits;
            return;
        }
        for (; Count <= FilledBits && At < From.Length; Count += 8) Bits |= (ulong)From[At++] << Count;
    }

    /// <summary>Takes loaded bits.</summary>
    /// <exception cref="DamagedException">The place ends before.</exception>
    public uint Take(int bits)
    {
        uint taken = (uint)(Bits & ((1UL << bits) - 1));
        Skip(bits);
        return taken;
    }

    /// <summary>Passes over loaded bits.</summary>
    /// <exception cref="DamagedException">The place ends before.</exception>
    public void Skip(int bits)
    {
        if (bits > Count) throw new DamagedException($"it is cut at its byte {From.Length}");
        Bits >>= bits;
        Count -= bits;
    }

    /// <summary>Passes over what is left of a byte and gives whole bytes.</summary>
    /// <exception cref="DamagedException">There are fewer.</exception>
    public ReadOnlySpan<byte> TakeBytes(int bytes)
    {
        At = Position;
        (Bits, Count) = (0, 0);
        if (bytes > From.Length - At) throw new DamagedException($"it is cut at its byte {From.Length}");
        At += bytes;
        return From.Slice(At - bytes, bytes);
    }
}
