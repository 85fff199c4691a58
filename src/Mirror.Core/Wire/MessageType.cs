namespace Mirror.Core.Wire;

/// <summary>The first byte of every message (docs/protocol.md). 0x01 to 0x3f come from the client, 0x41 to 0x7f from the server; ALIVE from both.</summary>
public enum MessageType : byte
{
    /// <summary>No message: what a reader gives at a clean end of the stream. Never on the wire.</summary>
    None = 0x00,

    Hello = 0x01,
    Proof = 0x02,
    Identify = 0x03,

    State = 0x10,
    Write = 0x11,
    Zero = 0x12,
    Mark = 0x13,
    ScanBegin = 0x14,
    HashRequest = 0x15,
    ScanCompared = 0x16,
    Alive = 0x17,
    Bye = 0x18,

    RestoreBegin = 0x20,
    Fetch = 0x21,

    Challenge = 0x41,
    Proved = 0x42,
    Welcome = 0x43,
    Refused = 0x44,

    StateOk = 0x50,
    Committed = 0x51,
    ScanBegun = 0x52,
    Hashes = 0x53,
    ScanProceed = 0x54,

    RestoreView = 0x60,
    Data = 0x61,
}
