using Mirror.Core.Security;

namespace Mirror.Core.Server;

/// <summary>A proved connection as the server uses it: <see cref="Wire.AuthenticatedConnection"/>, or memory in tests. The owner disposes it.</summary>
internal interface IVolumeConnection : IDisposable
{
    /// <summary>One reader and one writer at a time.</summary>
    Stream Stream { get; }

    /// <summary>The volume whose secret was proved.</summary>
    string Volume { get; }

    /// <summary>The right that was proved.</summary>
    MirrorRight Right { get; }

    /// <summary>Whether the secret was one of the former master.</summary>
    bool IsFormerSecret => false;

    /// <summary>The other end, for status and log.</summary>
    string Peer { get; }

    /// <summary>Closes at once, from any thread: reads and writes under way fail.</summary>
    void Abort();

    /// <summary>Ends so that the peer receives what was sent; no read or write may be under way. Never throws.</summary>
    Task FinishAsync(TimeSpan limit);
}
