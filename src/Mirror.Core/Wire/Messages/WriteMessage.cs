using System.Buffers.Binary;
using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>WRITE, client: these sectors hold the data that follows.</summary>
/// <param name="FirstSector">Counted from the start of the volume.</param>
/// <param name="Bytes">Of data, a multiple of 512, at most <see cref="WireLimits.MaxWriteBytes"/>.</param>
public readonly record struct WriteMessage(long FirstSector, int Bytes) : IMessage<WriteMessage>
{
    /// <summary>Bytes before the data.</summary>
    public const int Size = 1 + 8 + 4;

    public static MessageType Type => MessageType.Write;

    public int EncodedBytes => Size;

    /// <summary>The first byte of the range.</summary>
    public long Offset => FirstSector << Units.SectorShift;

    /// <summary>How many sectors are written.</summary>
    public int Sectors => Bytes >> Units.SectorShift;

    // type 0x11, first sector u64, bytes u32, then the data
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt32((uint)Bytes);
        return w.Written;
    }

    /// <summary>Puts the length of the data, known only now, into a header that was encoded before it.</summary>
    public static void PatchBytes(Span<byte> header, int bytes) => BinaryPrimitives.WriteUInt32LittleEndian(header[(Size - sizeof(uint))..Size], (uint)bytes);

    public static WriteMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ulong first = r.UInt64();
        int bytes = validator.WriteBytes(Type, r.UInt32());
        r.End();
        return new WriteMessage(validator.Range(Type, first, (ulong)bytes / Units.SectorBytes), bytes);
    }
}
