namespace Mirror.Core.Server;

/// <summary>What happens to a connection: a message of the client, or (the last ones) the server's own answer to one.</summary>
internal enum IntakeEvent
{
    StateScanning,
    StateCatchUp,
    StateLive,
    StateRescan,
    Write,
    Zero,
    Mark,
    ConsistentMark,
    ScanBegin,
    HashRequest,
    ScanCompared,
    Alive,
    Bye,

    /// <summary>A message that has no place after WELCOME.</summary>
    Stray,

    /// <summary>The server has begun a scan that compares first.</summary>
    GuardedScanBegun,

    /// <summary>The server has begun a scan that sends as it goes.</summary>
    OpenScanBegun,

    /// <summary>The server lets a guarded scan send.</summary>
    ScanAllowed,

    /// <summary>The connection ends, for whatever reason.</summary>
    End,
}
