namespace Mirror.Core.Wire;

/// <summary>CHALLENGE, server: the version chosen (0: none in common) and what the proofs are made over.</summary>
public readonly record struct ChallengeMessage(ushort Version, ulong Features, Bytes32 Nonce) : IMessage<ChallengeMessage>
{
    public const int Size = 1 + 4 + 2 + 8 + Bytes32.Size;

    public static MessageType Type => MessageType.Challenge;

    public int EncodedBytes => Size;

    // type 0x41, magic "DMIR", version u16, features u64, nonce 32
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.Bytes(HelloMessage.Magic);
        w.UInt16(Version);
        w.UInt64(Features);
        w.Bytes32(Nonce);
        return w.Written;
    }

    public static ChallengeMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        if (!r.Bytes(4).SequenceEqual(HelloMessage.Magic)) throw new ProtocolException(Type, "the magic is wrong; the peer does not speak this protocol");
        var message = new ChallengeMessage(r.UInt16(), r.UInt64(), r.Bytes32());
        r.End();
        return message;
    }
}
