namespace Mirror.Core.Wire;

/// <summary>BYE, client: a clean end.</summary>
public readonly record struct ByeMessage : IMessage<ByeMessage>
{
    public const int Size = 1;

    public static MessageType Type => MessageType.Bye;

    public int EncodedBytes => Size;

    // type 0x18
    public int Encode(Span<byte> destination) => new WireWriter(destination, Type).Written;

    public static ByeMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        r.End();
        return default;
    }
}
