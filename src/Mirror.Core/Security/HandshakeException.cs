namespace Mirror.Core.Security;

/// <summary>No proved connection came about. The message is for the administrator of this side; the peer is told nothing.</summary>
public sealed class HandshakeException(HandshakeFailure failure, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The kind of failure.</summary>
    public HandshakeFailure Failure { get; } = failure;
}
