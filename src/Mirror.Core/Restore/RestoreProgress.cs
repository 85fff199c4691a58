namespace Mirror.Core.Restore;

/// <summary>How far a restore is, at one moment.</summary>
public sealed record RestoreProgress
{
    /// <summary>Which comparison is under way: in the first what differs is fetched, the last one finds nothing more and so verifies.</summary>
    public required int Pass { get; init; }

    /// <summary>Bytes from the start that this pass is done with.</summary>
    public required long PositionBytes { get; init; }

    /// <summary>Bytes of the volume.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of data received so far, in all passes and over all connections.</summary>
    public required long FetchedBytes { get; init; }

    /// <summary>Bytes written to the target so far.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Bytes of the target that were made zero so far.</summary>
    public required long ZeroedBytes { get; init; }

    /// <summary>Connections made so far.</summary>
    public required int Connections { get; init; }

    /// <summary>Bytes of the volume done a second, averaged over a few seconds.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>What holds it up, in words; null when it runs.</summary>
    public string? Trouble { get; init; }
}
