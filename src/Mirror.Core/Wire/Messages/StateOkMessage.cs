namespace Mirror.Core.Wire;

/// <summary>STATE_OK, server: everything before that STATE is applied.</summary>
public readonly record struct StateOkMessage(StreamState State) : IMessage<StateOkMessage>
{
    public const int Size = 1 + 1;

    public static MessageType Type => MessageType.StateOk;

    public int EncodedBytes => Size;

    // type 0x50, state u8
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)State);
        return w.Written;
    }

    public static StateOkMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var message = new StateOkMessage(FrameValidator.State(Type, r.UInt8(), none: false));
        r.End();
        return message;
    }
}
