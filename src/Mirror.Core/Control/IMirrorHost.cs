namespace Mirror.Core.Control;

/// <summary>Whoever runs a server or a client, as control sees it. Members may be called from any thread at any time.</summary>
public interface IMirrorHost
{
    /// <summary>What runs.</summary>
    MirrorProcess Process { get; }

    /// <summary>Ends it cleanly, as its supervisor's signal would: a client's tap goes on marking. Returns when the engine has ended.</summary>
    Task ShutdownAsync();
}
