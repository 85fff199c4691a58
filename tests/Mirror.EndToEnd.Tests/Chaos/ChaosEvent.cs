namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>What befalls a mirror.</summary>
internal enum ChaosEvent
{
    /// <summary>kill -9.</summary>
    ClientKilled,

    /// <inheritdoc cref="ClientKilled"/>
    ServerKilled,

    /// <summary>SIGSTOP for some seconds. Meanwhile the writer goes on.</summary>
    ClientStopped,

    /// <inheritdoc cref="ClientStopped"/>
    ServerStopped,

    /// <summary>Packets vanish for some seconds, connections are refused, or the link is down.</summary>
    LinkCut,

    /// <summary>1 MB/s for some seconds.</summary>
    LinkSlow,

    /// <summary>5 % of the packets vanish, in both directions.</summary>
    LinkLossy,

    /// <summary>A queue before a narrow link: packets are late by up to two seconds.</summary>
    LinkLate,

    /// <summary>No room in the store.</summary>
    StoreFull,

    /// <summary>The server's storage fails.</summary>
    StoreFails,

    /// <summary>The server's host loses power; its disk forgets what was not flushed.</summary>
    ServerPowerCut,

    /// <summary>Both hosts lose power.</summary>
    BothPowerCut,

    /// <summary>A wall clock jumps by up to two days, either way.</summary>
    ClockJumps,

    /// <summary>The disk grows.</summary>
    DiskGrows,

    /// <summary>The administrator asks for a scan; what follows falls into it.</summary>
    ScanAsked,

    /// <summary>The client's host dies, its disk is wiped, and restored.</summary>
    DiskWiped,
}
