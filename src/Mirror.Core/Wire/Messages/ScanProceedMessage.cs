namespace Mirror.Core.Wire;

/// <summary>SCAN_PROCEED, server: the guarded scan may send.</summary>
public readonly record struct ScanProceedMessage : IMessage<ScanProceedMessage>
{
    public const int Size = 1;

    public static MessageType Type => MessageType.ScanProceed;

    public int EncodedBytes => Size;

    // type 0x54
    public int Encode(Span<byte> destination) => new WireWriter(destination, Type).Written;

    public static ScanProceedMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        r.End();
        return default;
    }
}
