namespace Mirror.Core.Wire;

/// <summary>PROVED, server: that it knows the secret, and saw this certificate, HELLO and CHALLENGE.</summary>
public readonly record struct ProvedMessage(Bytes32 Value) : IMessage<ProvedMessage>
{
    public const int Size = 1 + Bytes32.Size;

    public static MessageType Type => MessageType.Proved;

    public int EncodedBytes => Size;

    // type 0x42, proof 32
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.Bytes32(Value);
        return w.Written;
    }

    public static ProvedMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new ProvedMessage(r.Bytes32());
        r.End();
        return message;
    }
}
