using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Mirror.Dump.Archive.Deflate;

/// <summary>Bits into a place, lowest first, which is full when fewer than 8 bytes are left: what comes then is dropped.</summary>
internal ref struct BitWriter(Span<byte> to)
{
    private readonly Span<byte> _to = to;
    private ulong _bits;
    private int _count, _at;

    /// <summary>Whether fewer than 8 bytes are left, so that something may have been dropped.</summary>
    public readonly bool IsFull => _at + sizeof(ulong) > _to.Length;

    /// <summary>Bytes written.</summary>
    public readonly int Length => _at;

    /// <summary>Adds bits, at most 56 since the last <see cref="Flush"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(uint bits, int length)
    {
        _bits |= (ulong)bits << _count;
        _count += length;
    }

    /// <summary>Adds a packed code (<see cref="HuffmanCode.Pack"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(uint packed) => Put(HuffmanCode.BitsOf(packed), HuffmanCode.LengthOf(packed));

    /// <summary>Writes the whole bytes out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flush()
    {
        if (!IsFull)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_to[_at..], _bits);
            _at += _count >> 3;
        }
        _bits >>= _count & ~7;
        _count &= 7;
    }

    /// <summary>Fills the last byte with zeroes and writes it out.</summary>
    public void Align()
    {
        _count = (_count + 7) & ~7;
        Flush();
    }
}
