namespace Mirror.Core.Client;

/// <summary>What happens to a client, as far as its state is concerned.</summary>
public enum ClientEvent
{
    /// <summary>A server has proved itself and holds what this client knows it to hold.</summary>
    ConnectedResume,

    /// <summary>A server has proved itself, but what it holds is not known.</summary>
    ConnectedScan,

    /// <summary>The connection is gone, for whatever reason.</summary>
    ConnectionLost,

    /// <summary>The scan has compared the last chunk, and what it sent itself is sent.</summary>
    ScanEnded,

    /// <summary>Nothing is pending, the rate is the highest that the tap offers, and the ring is short.</summary>
    CaughtUp,

    /// <summary>The tap delivers less than it could, or has dropped something.</summary>
    RateFell,

    /// <summary>An administrator, or a hole that nothing else can mend, asks for a scan.</summary>
    RescanAsked,

    /// <summary>Nothing that was read before the rescan is on its way any more.</summary>
    Settled,
}
