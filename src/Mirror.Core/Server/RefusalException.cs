using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>The connection cannot go on, and its client is told why (REFUSED).</summary>
/// <param name="code">Which refusal.</param>
/// <param name="message">For the administrator: the volume, what is wrong, the next step.</param>
/// <param name="retryAfterSeconds">When the client may try again.</param>
/// <param name="inner">What led here.</param>
internal sealed class RefusalException(RefusalCode code, string message, int retryAfterSeconds = 0, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which refusal.</summary>
    public RefusalCode Code { get; } = code;

    /// <summary>When the client may try again, in seconds; 0: when it likes.</summary>
    public int RetryAfterSeconds { get; } = retryAfterSeconds;
}
