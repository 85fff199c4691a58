namespace Mirror.Dump.Archive;

/// <summary>What was restored or compared.</summary>
public sealed record UndumpResult
{
    public required string Archive { get; init; }
    public required int Level { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Date { get; init; }

    public required string Label { get; init; }
    public required long Directories { get; init; }
    public required long Files { get; init; }

    /// <summary>Bytes of content.</summary>
    public required long Bytes { get; init; }

    /// <summary>Names removed or moved (incremental).</summary>
    public long Removed { get; init; }

    /// <summary>What differs (compare).</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>What could not be set, each kind once.</summary>
    public required IReadOnlyList<string> NotSet { get; init; }

    /// <summary>What is damaged, lost, or could not be made, by name.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Whether nothing is wrong and nothing differs.</summary>
    public bool IsGood => Problems.Count == 0 && Differences.Count == 0;
}
