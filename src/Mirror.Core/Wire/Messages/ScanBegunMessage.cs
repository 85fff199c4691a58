namespace Mirror.Core.Wire;

/// <summary>SCAN_BEGUN, server: the new incarnation is durable.</summary>
public readonly record struct ScanBegunMessage(Guid Incarnation, ScanBegunFlags Flags) : IMessage<ScanBegunMessage>
{
    public const int Size = 1 + 16 + 1;

    public static MessageType Type => MessageType.ScanBegun;

    public int EncodedBytes => Size;

    // type 0x52, incarnation 16, flags u8
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.Id(Incarnation);
        w.UInt8((byte)Flags);
        return w.Written;
    }

    public static ScanBegunMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new ScanBegunMessage(r.Id(), (ScanBegunFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)ScanBegunFlags.Guarded));
        r.End();
        return message;
    }
}
