namespace Mirror.Core.Wire;

/// <summary>The names of docs/protocol.md, for messages to the administrator and for logs.</summary>
public static class MessageTypeNames
{
    /// <summary>The name of a message as the document writes it (<c>HASH_REQUEST</c>), or its number when the document knows none.</summary>
    public static string WireName(this MessageType type) => type switch
    {
        MessageType.None => "nothing",
        MessageType.Hello => "HELLO",
        MessageType.Proof => "PROOF",
        MessageType.Identify => "IDENTIFY",
        MessageType.State => "STATE",
        MessageType.Write => "WRITE",
        MessageType.Zero => "ZERO",
        MessageType.Mark => "MARK",
        MessageType.ScanBegin => "SCAN_BEGIN",
        MessageType.HashRequest => "HASH_REQUEST",
        MessageType.ScanCompared => "SCAN_COMPARED",
        MessageType.Alive => "ALIVE",
        MessageType.Bye => "BYE",
        MessageType.RestoreBegin => "RESTORE_BEGIN",
        MessageType.Fetch => "FETCH",
        MessageType.Challenge => "CHALLENGE",
        MessageType.Proved => "PROVED",
        MessageType.Welcome => "WELCOME",
        MessageType.Refused => "REFUSED",
        MessageType.StateOk => "STATE_OK",
        MessageType.Committed => "COMMITTED",
        MessageType.ScanBegun => "SCAN_BEGUN",
        MessageType.Hashes => "HASHES",
        MessageType.ScanProceed => "SCAN_PROCEED",
        MessageType.RestoreView => "RESTORE_VIEW",
        MessageType.Data => "DATA",
        _ => $"message type 0x{(byte)type:x2}",
    };
}
