namespace Mirror.Dump.Archive;

/// <summary>What was written.</summary>
public sealed record DumpResult
{
    public required string Source { get; init; }

    /// <summary>The archive's file, or that of its first volume; null when it went into a pipe.</summary>
    public string? Archive { get; init; }

    public required int Level { get; init; }

    /// <summary>Seconds since 1970: what the next level builds on.</summary>
    public required long Date { get; init; }

    /// <summary>The date that this archive builds on; 0 at level 0.</summary>
    public required long PreviousDate { get; init; }

    public required string Label { get; init; }
    public required long Directories { get; init; }
    public required long Files { get; init; }

    /// <summary>Bytes of records, before compression and encryption.</summary>
    public required long RecordBytes { get; init; }

    /// <summary>Bytes written.</summary>
    public required long WrittenBytes { get; init; }

    public required int Volumes { get; init; }

    /// <summary>What of the source could not be read; the archive has all else.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
