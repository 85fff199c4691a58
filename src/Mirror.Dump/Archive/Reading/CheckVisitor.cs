using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Reading;

/// <summary>Wants everything and keeps nothing: what is wrong is found by the walk itself.</summary>
internal sealed class CheckVisitor(Action<long>? progress) : IArchiveVisitor
{
    /// <summary>Inodes other than directories.</summary>
    public long Files { get; private set; }

    /// <summary>Bytes of content.</summary>
    public long Bytes { get; private set; }

    public void Begin(ArchiveCatalog catalog)
    {
    }

    public bool BeginInode(ArchiveInode inode)
    {
        Files++;
        return true;
    }

    public void Content(long offset, ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        progress?.Invoke(Bytes);
    }

    public void EndInode(IReadOnlyList<ExtendedAttribute> attributes, string damage)
    {
    }
}
