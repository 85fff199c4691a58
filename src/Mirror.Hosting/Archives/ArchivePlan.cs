using Mirror.Dump.Encryption.Age;

namespace Mirror.Hosting.Archives;

/// <summary>Which volumes a server archives by itself, where to, and how.</summary>
public sealed record ArchivePlan
{
    /// <summary>The directory; each volume has one of its name in it.</summary>
    public required string Directory { get; init; }

    /// <summary>When an archive is due and which are kept, of volumes that have no rule of their own; null for none.</summary>
    public ArchiveRule? Rule { get; init; }

    /// <summary>Rules of single volumes; null for none.</summary>
    public IReadOnlyDictionary<string, ArchiveRule?> Rules { get; init; } = new Dictionary<string, ArchiveRule?>();

    /// <summary>Who can open the archives: the server itself needs no identity. Plain when there is nobody.</summary>
    public IReadOnlyList<AgeRecipient> Recipients { get; init; } = [];

    /// <summary>Level of zlib, 1 to 9; 0 for no compression.</summary>
    public int CompressionLevel { get; init; }

    /// <summary>The rule of a volume; null for none.</summary>
    public ArchiveRule? RuleOf(string volume) => Rules.TryGetValue(volume, out ArchiveRule? own) ? own : Rule;
}
