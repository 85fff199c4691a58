using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Reading;

/// <summary>What wants the inodes of an archive as they come. Called by one thread.</summary>
internal interface IArchiveVisitor
{
    /// <summary>The directories are complete; what else there is comes now.</summary>
    void Begin(ArchiveCatalog catalog);

    /// <summary>An inode begins.</summary>
    /// <returns>Whether its content is wanted.</returns>
    bool BeginInode(ArchiveInode inode);

    /// <summary>Content, in order of places; what lies between is a hole.</summary>
    void Content(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>The inode ends.</summary>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="damage">What is wrong with it; empty when nothing is.</param>
    void EndInode(IReadOnlyList<ExtendedAttribute> attributes, string damage);
}
