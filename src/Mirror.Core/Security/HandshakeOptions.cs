using Mirror.Core.Wire;

namespace Mirror.Core.Security;

/// <summary>What one side of a handshake offers, and how long it waits.</summary>
public sealed record HandshakeOptions
{
    /// <summary>The lowest version offered.</summary>
    public ushort LowestVersion { get; init; } = WireLimits.Version;

    /// <summary>The highest version offered.</summary>
    public ushort HighestVersion { get; init; } = WireLimits.Version;

    /// <summary>Feature bits offered.</summary>
    public ulong Features { get; init; } = WireLimits.Features;

    /// <summary>From the first byte to PROVED; 10 s by docs/protocol.md.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least time from a refused message to the close; 10 ms by docs/protocol.md.</summary>
    public TimeSpan RefusalDelay { get; init; } = TimeSpan.FromMilliseconds(10);
}
