namespace Mirror.Core.Wire;

/// <summary>WELCOME, server: what it holds of the volume.</summary>
/// <param name="Flags">What has been before.</param>
/// <param name="Incarnation">Changes whenever a scan begins.</param>
/// <param name="HashKey">The volume's key for the tags of a scan.</param>
/// <param name="CommittedMark">The last mark whose writes are all on stable storage; 0 when there was none.</param>
/// <param name="CommittedRandom">The random value of that mark.</param>
/// <param name="Server">The server's id.</param>
public readonly record struct WelcomeMessage(WelcomeFlags Flags, Guid Incarnation, Bytes32 HashKey, ulong CommittedMark, ulong CommittedRandom, Guid Server)
    : IMessage<WelcomeMessage>
{
    public const int Size = 1 + 1 + 16 + Bytes32.Size + 8 + 8 + 16;

    private const byte KnownFlags = (byte)(WelcomeFlags.HasBeenConsistent | WelcomeFlags.GuardedScanUnfinished);

    public static MessageType Type => MessageType.Welcome;

    public int EncodedBytes => Size;

    // type 0x43, flags u8, incarnation 16, hash key 32, committed mark n u64, committed random u64, server id 16
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)Flags);
        w.Id(Incarnation);
        w.Bytes32(HashKey);
        w.UInt64(CommittedMark);
        w.UInt64(CommittedRandom);
        w.Id(Server);
        return w.Written;
    }

    public static WelcomeMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var flags = (WelcomeFlags)FrameValidator.Flags(Type, r.UInt8(), KnownFlags);
        var message = new WelcomeMessage(flags, r.Id(), r.Bytes32(), r.UInt64(), r.UInt64(), r.Id());
        r.End();
        return message;
    }
}
