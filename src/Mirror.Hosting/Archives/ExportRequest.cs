using Mirror.Dump.Encryption.Age;

namespace Mirror.Hosting.Archives;

/// <summary>What is to be archived, where to, and how.</summary>
public sealed record ExportRequest
{
    /// <summary>A path, or <c>VOLUME[@SNAPSHOT]</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The partition in it; null when the file system begins at the first byte.</summary>
    public int? Partition { get; init; }

    /// <summary>The file; null for a stream that is given beside this.</summary>
    public string? File { get; init; }

    /// <summary>Whether files that are there are replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>0 for everything, 1 to 9 for what changed since the newest archive of a lower level.</summary>
    public int Level { get; init; }

    /// <summary>The archive's label, at most 15 bytes; null for that of the file system.</summary>
    public string? Label { get; init; }

    /// <summary>KiB of a tape block, 1 to 1024.</summary>
    public int BlockSize { get; init; } = 32;

    /// <summary>Most bytes of a file; 0 for one file.</summary>
    public long VolumeBytes { get; init; }

    /// <summary>Level of zlib, 1 to 9; 0 for no compression.</summary>
    public int CompressionLevel { get; init; }

    /// <summary>Inodes that are left out, with all below them.</summary>
    public IReadOnlyList<uint> ExcludedInodes { get; init; } = [];

    /// <summary>Where the index goes; null for none.</summary>
    public string? IndexFile { get; init; }

    /// <summary>Who can open it; nobody in particular when it is not to be encrypted.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; init; } = [];

    /// <summary>What opens it instead.</summary>
    public AgePassphrase? Passphrase { get; init; }

    /// <summary>Whether anybody may read the label of an encrypted archive.</summary>
    public bool ShowLabel { get; init; }

    /// <summary>Whether anybody may read the host's name in an encrypted archive.</summary>
    public bool ShowHost { get; init; }

    /// <summary>The file that keeps which level was archived when; null for the usual one.</summary>
    public string? DatesFile { get; init; }

    /// <summary>What stands for this file system there; null for <see cref="ArchiveSource.KnownAs"/>.</summary>
    public string? KnownAs { get; init; }

    /// <summary>Whether the archive is noted there.</summary>
    public bool Record { get; init; } = true;

    /// <summary>What the file system is called in the archive; stock <c>restore -C</c> compares with what is there.</summary>
    public string? MountPoint { get; init; }
}
