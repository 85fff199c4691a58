namespace Mirror.Dump.Encryption;

/// <summary>What an encrypted volume says of itself to anybody (docs/archive-encryption.md section 2.1). Not authenticated until a key has opened it.</summary>
public sealed record SealedHeader
{
    /// <summary>The archive's id; the same in all its volumes.</summary>
    public required Guid ArchiveId { get; init; }

    /// <summary>Number of the volume, from 1.</summary>
    public required int Volume { get; init; }

    /// <summary>The largest number of bytes in a tape block.</summary>
    public required int BlockBytes { get; init; }

    /// <summary>Number of the volume's first block.</summary>
    public required long FirstBlock { get; init; }

    /// <summary>When the archive was begun.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The label, when it is shown; else empty.</summary>
    public string Label { get; init; } = "";

    /// <summary>The host name, when it is shown; else empty.</summary>
    public string HostName { get; init; } = "";

    /// <summary>How many can open it; 0 when it has a passphrase.</summary>
    public int Recipients { get; init; }
}
