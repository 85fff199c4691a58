namespace Mirror.Dump.Archive;

/// <summary>How an archive is written.</summary>
public sealed record DumpRequest
{
    /// <summary>0 for everything, else what changed since the newest archive of a lower level.</summary>
    public int Level { get; init; }

    /// <summary>The date of that archive, seconds since 1970; null at level 0.</summary>
    public long? Since { get; init; }

    /// <summary>The date of this archive; null for the newest change in the file system, but not later than now.</summary>
    public long? Date { get; init; }

    /// <summary>The archive's label, at most 15 bytes; null for that of the file system.</summary>
    public string? Label { get; init; }

    /// <summary>What the file system is called in the archive; stock <c>restore -C</c> compares with what is mounted there.</summary>
    public string FileSystemName { get; init; } = "an unlisted file system";

    /// <summary>The device's name in the archive.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>The host's name in the archive.</summary>
    public string HostName { get; init; } = "";

    /// <summary>Records of 1,024 bytes a tape block: 1 to 1,024.</summary>
    public int BlockRecords { get; init; } = 32;

    /// <summary>Most bytes of a volume; 0 for one volume.</summary>
    public long VolumeBytes { get; init; }

    /// <summary>Level of zlib, 1 to 9; 0 for no compression.</summary>
    public int CompressionLevel { get; init; }

    /// <summary>Inodes that are left out, with all below them.</summary>
    public IReadOnlyList<uint> ExcludedInodes { get; init; } = [];
}
