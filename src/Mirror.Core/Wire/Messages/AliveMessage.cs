using Mirror.Core.Taps;

namespace Mirror.Core.Wire;

/// <summary>ALIVE, both: the peer is there, and how far it is. From the server all fields are zero.</summary>
public readonly record struct AliveMessage(StreamState State, TapRate Rate, long PendingBytes, long QueuedBytes, long ScannedBytes) : IMessage<AliveMessage>
{
    public const int Size = 1 + 1 + 1 + 8 + 8 + 8;

    public static MessageType Type => MessageType.Alive;

    public int EncodedBytes => Size;

    // type 0x17, state u8, rate u8, pending bytes u64, queued bytes u64, scanned bytes u64
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)State);
        w.UInt8((byte)Rate);
        w.UInt64((ulong)PendingBytes);
        w.UInt64((ulong)QueuedBytes);
        w.UInt64((ulong)ScannedBytes);
        return w.Written;
    }

    public static AliveMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        StreamState state = FrameValidator.State(Type, r.UInt8(), none: true);
        TapRate rate = FrameValidator.Rate(Type, r.UInt8());
        long pending = FrameValidator.Reported(Type, "pending", r.UInt64());
        long queued = FrameValidator.Reported(Type, "queued", r.UInt64());
        long scanned = FrameValidator.Reported(Type, "scanned", r.UInt64());
        r.End();
        return new AliveMessage(state, rate, pending, queued, scanned);
    }
}
