using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>FETCH, client with right <c>restore</c>: send these sectors of the view.</summary>
/// <param name="FirstSector">Counted from the start of the volume.</param>
/// <param name="Bytes">A multiple of 512, at most <see cref="WireLimits.MaxWriteBytes"/>.</param>
public readonly record struct FetchMessage(long FirstSector, int Bytes) : IMessage<FetchMessage>
{
    public const int Size = 1 + 8 + 4;

    public static MessageType Type => MessageType.Fetch;

    public int EncodedBytes => Size;

    /// <summary>The first byte of the range.</summary>
    public long Offset => FirstSector << Units.SectorShift;

    // type 0x21, first sector u64, bytes u32
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt32((uint)Bytes);
        return w.Written;
    }

    public static FetchMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ulong first = r.UInt64();
        int bytes = validator.WriteBytes(Type, r.UInt32());
        r.End();
        return new FetchMessage(validator.Range(Type, first, (ulong)bytes / Units.SectorBytes), bytes);
    }
}
