namespace Mirror.Core.Wire;

/// <summary>MARK, client: a point in the write order that the server is to make durable.</summary>
/// <param name="Number">Grows by at least one from mark to mark.</param>
/// <param name="Random">Tells marks of the same number apart.</param>
/// <param name="Flags">Whether the image is consistent here.</param>
/// <param name="ScanPosition">Sectors that the scan has done, so that it can go on from here.</param>
/// <param name="TimeMilliseconds">The client's clock, since 1970.</param>
public readonly record struct MarkMessage(ulong Number, ulong Random, MarkFlags Flags, long ScanPosition, long TimeMilliseconds) : IMessage<MarkMessage>
{
    public const int Size = 1 + 8 + 8 + 1 + 8 + 8;

    public static MessageType Type => MessageType.Mark;

    public int EncodedBytes => Size;

    // type 0x13, n u64, random u64, flags u8, scan position u64, time u64
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64(Number);
        w.UInt64(Random);
        w.UInt8((byte)Flags);
        w.UInt64((ulong)ScanPosition);
        w.UInt64((ulong)TimeMilliseconds);
        return w.Written;
    }

    public static MarkMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ulong number = r.UInt64();
        ulong random = r.UInt64();
        var flags = (MarkFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)MarkFlags.Consistent);
        long position = validator.Position(Type, r.UInt64());
        long time = FrameValidator.Time(Type, r.UInt64());
        r.End();
        return new MarkMessage(number, random, flags, position, time);
    }
}
