namespace Mirror.Core.Wire;

/// <summary>STATE, client: what the client does from here on.</summary>
public readonly record struct StateMessage(StreamState State) : IMessage<StateMessage>
{
    public const int Size = 1 + 1;

    public static MessageType Type => MessageType.State;

    public int EncodedBytes => Size;

    // type 0x10, state u8
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)State);
        return w.Written;
    }

    public static StateMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new StateMessage(FrameValidator.State(Type, r.UInt8(), none: false));
        r.End();
        return message;
    }
}
