using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>ZERO, client: these sectors read as zeroes.</summary>
public readonly record struct ZeroMessage(long FirstSector, long Sectors) : IMessage<ZeroMessage>
{
    public const int Size = 1 + 8 + 8;

    public static MessageType Type => MessageType.Zero;

    public int EncodedBytes => Size;

    /// <summary>The first byte of the range.</summary>
    public long Offset => FirstSector << Units.SectorShift;

    /// <summary>Length of the range in bytes.</summary>
    public long Length => Sectors << Units.SectorShift;

    // type 0x12, first sector u64, sectors u64
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt64((ulong)Sectors);
        return w.Written;
    }

    public static ZeroMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ulong first = r.UInt64();
        ulong sectors = r.UInt64();
        r.End();
        return new ZeroMessage(validator.Range(Type, first, sectors), (long)sectors);
    }
}
