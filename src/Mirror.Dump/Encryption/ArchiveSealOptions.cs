using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Encryption;

/// <summary>How a new archive is encrypted: to recipients or with a passphrase, one of the two.</summary>
public sealed record ArchiveSealOptions
{
    /// <summary>Who can open it.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; init; } = [];

    /// <summary>What opens it instead.</summary>
    public AgePassphrase? Passphrase { get; init; }

    /// <summary>The largest tape block that will be sealed, bytes: with compression, prefix included. At most 2 MiB.</summary>
    public required int BlockBytes { get; init; }

    /// <summary>When the archive was begun; stays clear.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>A label that anybody may read, at most 255 bytes; null hides it.</summary>
    public string? ShownLabel { get; init; }

    /// <summary>A host name that anybody may read, at most 255 bytes; null hides it.</summary>
    public string? ShownHostName { get; init; }
}
