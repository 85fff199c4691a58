using System.Buffers.Binary;

namespace Mirror.Core.Wire;

/// <summary>A cursor that writes one message, in the order of docs/protocol.md.</summary>
public ref struct WireWriter
{
    private readonly Span<byte> _all;
    private int _at;

    /// <summary>Begins a message at the start of <paramref name="destination"/> with its type byte.</summary>
    public WireWriter(Span<byte> destination, MessageType type)
    {
        _all = destination;
        UInt8((byte)type);
    }

    /// <summary>Bytes written so far.</summary>
    public readonly int Written => _at;

    public void UInt8(byte value) => Take(1)[0] = value;

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void Bytes32(Bytes32 value) => value.CopyTo(Take(Wire.Bytes32.Size));

    /// <summary>Sixteen bytes in the order of the id's text form.</summary>
    public void Id(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    private Span<byte> Take(int count)
    {
        Span<byte> taken = _all.Slice(_at, count);
        _at += count;
        return taken;
    }
}
