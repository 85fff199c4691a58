namespace Mirror.Core.Restore;

/// <summary>A restore that is complete and was verified: the target is the source, byte for byte.</summary>
public sealed record RestoreResult
{
    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>The snapshot; null for the newest consistent state.</summary>
    public string? Snapshot { get; init; }

    /// <summary>What was overwritten.</summary>
    public required string Target { get; init; }

    /// <summary>What was restored.</summary>
    public required RestoreSource Source { get; init; }

    /// <summary>Bytes of data received over the network.</summary>
    public required long FetchedBytes { get; init; }

    /// <summary>Bytes written to the target.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Bytes of the target that were made zero.</summary>
    public required long ZeroedBytes { get; init; }

    /// <summary>Comparisons of the whole volume, the last of which found no difference.</summary>
    public required int Passes { get; init; }

    /// <summary>Connections made.</summary>
    public required int Connections { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>What the administrator should know besides.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
