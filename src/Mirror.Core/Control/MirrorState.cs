namespace Mirror.Core.Control;

/// <summary>The five states of a mirror (DESIGN section 4). The values are those of STATE and ALIVE in docs/protocol.md.</summary>
public enum MirrorState : byte
{
    /// <summary>Not connected. The client tries again by itself; the bitmaps go on filling.</summary>
    NoConn = 0,

    /// <summary>Disk and image are compared from end to end.</summary>
    Scanning = 1,

    /// <summary>What is pending is read from the disk and sent.</summary>
    CatchUp = 2,

    /// <summary>Writes are forwarded in the disk's own order.</summary>
    Live = 3,

    /// <summary>A new scan was asked for; what is in flight ends first.</summary>
    Rescan = 4,
}
