using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>DATA, server: the sectors that a FETCH asked for; they follow.</summary>
/// <param name="FirstSector">As in FETCH.</param>
/// <param name="Bytes">As in FETCH.</param>
public readonly record struct DataMessage(long FirstSector, int Bytes) : IMessage<DataMessage>
{
    /// <summary>Bytes before the data.</summary>
    public const int Size = 1 + 8 + 4;

    public static MessageType Type => MessageType.Data;

    public int EncodedBytes => Size;

    // type 0x61, first sector u64, bytes u32, then the data
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt32((uint)Bytes);
        return w.Written;
    }

    public static DataMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ulong first = r.UInt64();
        int bytes = validator.WriteBytes(Type, r.UInt32());
        r.End();
        return new DataMessage(validator.Range(Type, first, (ulong)bytes / Units.SectorBytes), bytes);
    }
}
