namespace Mirror.Core.Wire;

/// <summary>SCAN_BEGIN, client: the whole disk will be compared.</summary>
public readonly record struct ScanBeginMessage(ScanBeginFlags Flags) : IMessage<ScanBeginMessage>
{
    public const int Size = 1 + 1;

    public static MessageType Type => MessageType.ScanBegin;

    public int EncodedBytes => Size;

    // type 0x14, flags u8
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)Flags);
        return w.Written;
    }

    public static ScanBeginMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new ScanBeginMessage((ScanBeginFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)ScanBeginFlags.Continue));
        r.End();
        return message;
    }
}
