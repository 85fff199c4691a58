namespace Mirror.Dump.Archive;

/// <summary>What was decrypted.</summary>
public sealed record UnprotectResult
{
    /// <summary>The encrypted archive.</summary>
    public required string Source { get; init; }

    /// <summary>The plain one: its file, or that of its first volume; null when it went into a pipe.</summary>
    public string? Archive { get; init; }

    /// <summary>Files that were written.</summary>
    public required int Volumes { get; init; }

    /// <summary>Bytes that were written.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>What is damaged; those blocks are missing in the plain archive, all else is there.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
