namespace Mirror.Core.Wire;

/// <summary>PROOF, client: that it knows the secret, and saw this certificate, HELLO and CHALLENGE.</summary>
public readonly record struct ProofMessage(Bytes32 Value) : IMessage<ProofMessage>
{
    public const int Size = 1 + Bytes32.Size;

    public static MessageType Type => MessageType.Proof;

    public int EncodedBytes => Size;

    // type 0x02, proof 32
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.Bytes32(Value);
        return w.Written;
    }

    public static ProofMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new ProofMessage(r.Bytes32());
        r.End();
        return message;
    }
}
