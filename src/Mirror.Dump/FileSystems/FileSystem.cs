using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.FileSystems.Ufs;

namespace Mirror.Dump.FileSystems;

/// <summary>Opens the file system in an image, a device or a partition, whichever kind it is.</summary>
public static class FileSystem
{
    /// <summary>Opens a file system by path.</summary>
    /// <param name="path">An image file or a block device.</param>
    /// <param name="partition">The partition's number; null when the file system begins at the source's first byte.</param>
    /// <exception cref="DamagedException">There is none, it is damaged, or (an <see cref="UnsupportedException"/>) it needs what no reader here knows.</exception>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public static IFileSystem Open(string path, int? partition = null)
    {
        IBlockSource source = FileBlockSource.Open(path);
        try
        {
            if (partition is { } number) source = new PartitionBlockSource(source, PartitionTable.Find(source, number));
            return Open(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a file system of a kind that is known here, sound or not.</summary>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public static bool IsPresent(IBlockSource source) => ExtFileSystem.IsPresent(source) || UfsFileSystem.IsPresent(source);

    /// <summary>Opens the file system in a source.</summary>
    /// <param name="source">Owned by the file system from now on, unless this fails.</param>
    /// <exception cref="DamagedException">See <see cref="Open(string, int?)"/>.</exception>
    public static IFileSystem Open(IBlockSource source)
    {
        if (ExtFileSystem.IsPresent(source)) return ExtFileSystem.Open(source);
        if (UfsFileSystem.IsPresent(source)) return UfsFileSystem.Open(source);
        var partitions = PartitionTable.Read(source);
        throw new DamagedException(partitions.Count == 0
            ? $"{source.Name}: no file system that can be read here (ext2/3/4, UFS1/2)."
            : $"{source.Name}: a disk with partitions ({string.Join(", ", partitions.Select(p => p.Number))}): name one of them by its number.");
    }
}
