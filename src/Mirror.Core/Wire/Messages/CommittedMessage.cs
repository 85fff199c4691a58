namespace Mirror.Core.Wire;

/// <summary>COMMITTED, server: everything before that mark, and the mark itself, is on stable storage.</summary>
public readonly record struct CommittedMessage(ulong Number, ulong Random) : IMessage<CommittedMessage>
{
    public const int Size = 1 + 8 + 8;

    public static MessageType Type => MessageType.Committed;

    public int EncodedBytes => Size;

    // type 0x51, n u64, random u64
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64(Number);
        w.UInt64(Random);
        return w.Written;
    }

    public static CommittedMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new CommittedMessage(r.UInt64(), r.UInt64());
        r.End();
        return message;
    }
}
