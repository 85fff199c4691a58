namespace Mirror.Core.Security;

/// <summary>Why no proved connection came about.</summary>
public enum HandshakeFailure
{
    /// <summary>The peer closed, or the network failed.</summary>
    Disconnected,

    /// <summary>Not in time.</summary>
    TimedOut,

    /// <summary>TLS 1.3 failed.</summary>
    Tls,

    /// <summary>The peer sent what the document does not allow there; it may be something else than DiskMirror.</summary>
    Malformed,

    /// <summary>No protocol version in common.</summary>
    Version,

    /// <summary>Client: the server closed at the proof. Server: the client's proof is wrong.</summary>
    ProofRefused,

    /// <summary>Client: the server's proof is wrong.</summary>
    ServerNotProved,
}
