using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mirror.Core.Wire;

/// <summary>Thirty-two opaque bytes by value: a nonce, a proof, a hash key. Prints as dots, so that it never ends in a log.</summary>
public readonly struct Bytes32 : IEquatable<Bytes32>
{
    /// <summary>Bytes in it.</summary>
    public const int Size = 32;

    private readonly ulong _a, _b, _c, _d;

    /// <summary>Takes the 32 bytes of <paramref name="source"/>.</summary>
    public Bytes32(ReadOnlySpan<byte> source)
    {
        if (source.Length != Size) throw new ArgumentException($"{source.Length} bytes where {Size} are needed.", nameof(source));
        _a = BinaryPrimitives.ReadUInt64LittleEndian(source);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(source[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(source[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(source[24..]);
    }

    /// <summary>Fresh bytes from the system's generator.</summary>
    public static Bytes32 Random()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return new Bytes32(bytes);
    }

    /// <summary>Writes the 32 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], _d);
    }

    /// <summary>The bytes as a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Whether both hold the same bytes, in constant time.</summary>
    public bool Equals(Bytes32 other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Bytes32 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <inheritdoc/>
    public override string ToString() => "...";

    public static bool operator ==(Bytes32 left, Bytes32 right) => left.Equals(right);

    public static bool operator !=(Bytes32 left, Bytes32 right) => !left.Equals(right);
}
