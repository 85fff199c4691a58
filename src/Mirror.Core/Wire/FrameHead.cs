namespace Mirror.Core.Wire;

/// <summary>How long the heads of the stream's frames are, and whether they are right. A head is a message without its payload.</summary>
internal static class FrameHead
{
    /// <summary>Given the first bytes of a head, the bytes that are needed to know more; when that is no more than is there, it is the whole head.</summary>
    public static int Measure(MessageType type, ReadOnlySpan<byte> soFar) => type switch
    {
        MessageType.Identify => IdentifyMessage.Measure(soFar),
        MessageType.State => StateMessage.Size,
        MessageType.Write => WriteMessage.Size,
        MessageType.Zero => ZeroMessage.Size,
        MessageType.Mark => MarkMessage.Size,
        MessageType.ScanBegin => ScanBeginMessage.Size,
        MessageType.HashRequest => HashRequestMessage.Size,
        MessageType.ScanCompared => ScanComparedMessage.Size,
        MessageType.Alive => AliveMessage.Size,
        MessageType.Bye => ByeMessage.Size,
        MessageType.RestoreBegin => RestoreBeginMessage.Measure(soFar),
        MessageType.Fetch => FetchMessage.Size,
        MessageType.Welcome => WelcomeMessage.Size,
        MessageType.Refused => RefusedMessage.Measure(soFar),
        MessageType.StateOk => StateOkMessage.Size,
        MessageType.Committed => CommittedMessage.Size,
        MessageType.ScanBegun => ScanBegunMessage.Size,
        MessageType.Hashes => HashesMessage.Size,
        MessageType.ScanProceed => ScanProceedMessage.Size,
        MessageType.RestoreView => RestoreViewMessage.Measure(soFar),
        MessageType.Data => DataMessage.Size,
        _ => throw new ProtocolException(type, "not a message of the stream"),
    };

    /// <summary>Reads every field once, so that a wrong one is refused before anything is done with the frame.</summary>
    public static void Check(MessageType type, ReadOnlySpan<byte> head, FrameValidator validator)
    {
        switch (type)
        {
            case MessageType.Identify: IdentifyMessage.Decode(head, validator); break;
            case MessageType.State: StateMessage.Decode(head, validator); break;
            case MessageType.Write: WriteMessage.Decode(head, validator); break;
            case MessageType.Zero: ZeroMessage.Decode(head, validator); break;
            case MessageType.Mark: MarkMessage.Decode(head, validator); break;
            case MessageType.ScanBegin: ScanBeginMessage.Decode(head, validator); break;
            case MessageType.HashRequest: HashRequestMessage.Decode(head, validator); break;
            case MessageType.ScanCompared: ScanComparedMessage.Decode(head, validator); break;
            case MessageType.Alive: AliveMessage.Decode(head, validator); break;
            case MessageType.Bye: ByeMessage.Decode(head, validator); break;
            case MessageType.RestoreBegin: RestoreBeginMessage.Decode(head, validator); break;
            case MessageType.Fetch: FetchMessage.Decode(head, validator); break;
            case MessageType.Welcome: WelcomeMessage.Decode(head, validator); break;
            case MessageType.Refused: RefusedMessage.Decode(head, validator); break;
            case MessageType.StateOk: StateOkMessage.Decode(head, validator); break;
            case MessageType.Committed: CommittedMessage.Decode(head, validator); break;
            case MessageType.ScanBegun: ScanBegunMessage.Decode(head, validator); break;
            case MessageType.Hashes: HashesMessage.Decode(head, validator); break;
            case MessageType.ScanProceed: ScanProceedMessage.Decode(head, validator); break;
            case MessageType.RestoreView: RestoreViewMessage.Decode(head, validator); break;
            case MessageType.Data: DataMessage.Decode(head, validator); break;
            default: throw new ProtocolException(type, "not a message of the stream");
        }
    }
}
