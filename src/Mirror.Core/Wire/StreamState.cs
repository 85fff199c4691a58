namespace Mirror.Core.Wire;

/// <summary>The client's state as STATE, STATE_OK and ALIVE carry it.</summary>
public enum StreamState : byte
{
    /// <summary>None; only in ALIVE, and the only value there from the server.</summary>
    None = 0,

    /// <summary>Comparing the whole disk.</summary>
    Scanning = 1,

    /// <summary>Sending what is pending.</summary>
    CatchUp = 2,

    /// <summary>Forwarding writes in the disk's order.</summary>
    Live = 3,

    /// <summary>Letting what is in flight end before the next scan.</summary>
    Rescan = 4,
}
