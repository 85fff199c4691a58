using System.Buffers.Binary;

namespace Mirror.Core.Wire;

/// <summary>A cursor over one message. Reads in the order of docs/protocol.md; a message that ends too early or too late is refused by name.</summary>
public ref struct WireReader
{
    private readonly MessageType _type;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins behind the type byte, which must be that of <paramref name="type"/>.</summary>
    public WireReader(ReadOnlySpan<byte> message, MessageType type)
    {
        _type = type;
        _rest = message;
        byte found = UInt8();
        if (found != (byte)type) throw new ProtocolException(type, $"begins with {((MessageType)found).WireName()} instead");
    }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    public byte UInt8() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public Bytes32 Bytes32() => new(Take(Wire.Bytes32.Size));

    /// <summary>Sixteen bytes in the order of the id's text form.</summary>
    public Guid Id() => new(Take(16), bigEndian: true);

    /// <summary>The next <paramref name="count"/> bytes, which must have been checked against a limit.</summary>
    public ReadOnlySpan<byte> Bytes(int count) => Take(count);

    /// <summary>Says that the message must be at its end.</summary>
    public readonly void End()
    {
        if (_rest.Length != 0) throw new ProtocolException(_type, $"{_rest.Length} bytes too many");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length) throw new ProtocolException(_type, $"ends {count - _rest.Length} bytes too early");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
