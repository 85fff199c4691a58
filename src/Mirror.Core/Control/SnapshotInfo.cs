namespace Mirror.Core.Control;

/// <summary>One state in a volume's history: the image as it was at a consistent mark. What <c>diskmirror snapshot list --json</c> prints; names and units stay, fields are only added.</summary>
public sealed record SnapshotInfo
{
    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>Its name within the volume.</summary>
    public required string Name { get; init; }

    /// <summary>When it was taken, by the server's clock.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The instant of the disk that it shows, by the client's clock.</summary>
    public required DateTimeOffset DiskTime { get; init; }

    /// <summary>The consistent mark that it shows.</summary>
    public required long Mark { get; init; }

    /// <summary>Bytes of the disk then.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The disk's logical block size in bytes; a restored disk needs the same.</summary>
    public required int LogicalBlockBytes { get; init; }

    /// <summary>Whether the volume's rule took it, and may remove it.</summary>
    public required bool ByRule { get; init; }

    /// <summary>How long the clone took, in milliseconds.</summary>
    public required long CloneMilliseconds { get; init; }

    /// <summary>Bytes of storage that nothing else shares: what removing it gives back. Null when it was not asked for, or takes too long to find out.</summary>
    public long? UniqueBytes { get; init; }

    /// <summary>The file, which can be read like the image.</summary>
    public required string Path { get; init; }
}
