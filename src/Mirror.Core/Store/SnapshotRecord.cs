namespace Mirror.Core.Store;

/// <summary>What stands beside a snapshot's file, as <c>NAME.json</c>. A file without one is not a snapshot.</summary>
internal sealed record SnapshotRecord
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>When it was taken, by the server's clock.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The mark.</summary>
    public required ulong Mark { get; init; }

    /// <summary>The mark's random value.</summary>
    public required ulong Random { get; init; }

    /// <summary>The mark's incarnation.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>The mark's time in milliseconds since 1970, by the client's clock.</summary>
    public required ulong Time { get; init; }

    /// <summary>Bytes of the disk.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The disk's logical block size in bytes.</summary>
    public required int LogicalBlockBytes { get; init; }

    /// <summary>The disk.</summary>
    public required VolumeIdentity Identity { get; init; }

    /// <summary>Whether the rule took it.</summary>
    public required bool ByRule { get; init; }

    /// <summary>How long the clone took, in milliseconds.</summary>
    public required long CloneMilliseconds { get; init; }
}
