namespace Mirror.Core.Wire;

/// <summary>The limits before proof, as in docs/protocol.md section 1.</summary>
public sealed record UnprovenLimits
{
    /// <summary>Unproven connections at once.</summary>
    public int Total { get; init; } = 64;

    /// <summary>Of these, from one source prefix.</summary>
    public int PerPrefix { get; init; } = 16;

    /// <summary>Of <see cref="Total"/>, kept for addresses that proved themselves lately.</summary>
    public int Reserved { get; init; } = 16;

    /// <summary>How long an address counts as having proved itself.</summary>
    public TimeSpan ProvenFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many such addresses are remembered; the oldest is forgotten first.</summary>
    public int RememberedAddresses { get; init; } = 4096;
}
