namespace Mirror.Core.Client;

/// <summary>What a verify has found.</summary>
public sealed record VerifyResult
{
    /// <summary>The most ranges that are listed.</summary>
    public const int MostRanges = 1000;

    /// <summary>Bytes that were compared at a quiet moment.</summary>
    public required long ComparedBytes { get; init; }

    /// <summary>Bytes that differ, and stayed different whenever they were looked at again.</summary>
    public required long DifferingBytes { get; init; }

    /// <summary>Where they are, in units of 4 KiB, the first <see cref="MostRanges"/> ranges.</summary>
    public required IReadOnlyList<VerifyRange> Ranges { get; init; }

    /// <summary>Bytes that were being written whenever they were looked at: nothing is known of them.</summary>
    public required long BusyBytes { get; init; }

    /// <summary>Bytes of those that differ that were sent again and are committed.</summary>
    public required long RepairedBytes { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset Ended { get; init; }
}
