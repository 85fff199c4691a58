using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Reading;

/// <summary>A directory of an archive.</summary>
internal sealed class ArchiveDirectory
{
    public required ArchiveInode Inode { get; init; }

    /// <summary>Its entries in dump form.</summary>
    public byte[] Entries { get; set; } = [];

    public IReadOnlyList<ExtendedAttribute> Attributes { get; set; } = [];

    /// <summary>What is wrong with it; empty when nothing is.</summary>
    public string Damage { get; set; } = "";

    /// <summary>The directory above, once it is known to be reachable; null for the root and for what is not.</summary>
    public ArchiveDirectory? Parent { get; set; }

    /// <summary>Its name there.</summary>
    public byte[] Name { get; set; } = [];

    /// <summary>Steps from the root; -1 when it is not reachable.</summary>
    public int Depth { get; set; } = -1;
}
