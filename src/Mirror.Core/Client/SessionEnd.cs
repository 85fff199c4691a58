using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>How a connection ended.</summary>
/// <param name="Error">Null after a stop; else what went wrong, in words.</param>
/// <param name="Refusal">The server's refusal, where it was one.</param>
/// <param name="RetryAfter">How long the server asks to wait; zero when it does not say.</param>
/// <param name="Fatal">Whether the disk itself failed, so that a new connection alone does not help.</param>
internal sealed record SessionEnd(string? Error, RefusalCode? Refusal = null, TimeSpan RetryAfter = default, bool Fatal = false);
