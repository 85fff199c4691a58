namespace Mirror.Dump.FileSystems.Ext;

/// <summary>What all parts of the reader share: the source, the superblock, the cache, the words for damage. Immutable but for the cache.</summary>
internal sealed class ExtVolume
{
    /// <summary>Reads the superblock.</summary>
    public ExtVolume(IBlockSource source)
    {
        Source = source;
        Super = ExtSuperblock.Read(source);
        Cache = new BlockCache(Super.BlockBytes);
    }

    public IBlockSource Source { get; }

    public ExtSuperblock Super { get; }

    public BlockCache Cache { get; }

    public int BlockBytes => Super.BlockBytes;

    /// <summary>Whether metadata has CRC-32C sums.</summary>
    public bool HasChecksums => Super.Has(ExtReadOnlyCompatible.MetadataChecksum);

    /// <summary>Whether blocks can be part of the file system; block 0 never belongs to a file.</summary>
    public bool Holds(long block, long count = 1) => block > 0 && block >= Super.FirstDataBlock && count <= Super.BlockCount && block <= Super.BlockCount - count;

    /// <summary>A block of metadata that needs no check of its own, by way of the cache. Must not be written to.</summary>
    /// <param name="block">Within the file system.</param>
    /// <param name="tag">See <see cref="BlockCache.Tag"/>.</param>
    public byte[] ReadUnchecked(long block, ulong tag)
    {
        if (Cache.Find(block, tag) is { } found) return found;
        byte[] data = ReadBlock(block);
        Cache.Put(block, tag, data);
        return data;
    }

    /// <summary>A block past the cache.</summary>
    public byte[] ReadBlock(long block)
    {
        byte[] data = GC.AllocateUninitializedArray<byte>(BlockBytes);
        Source.Read(block * BlockBytes, data);
        return data;
    }

    /// <summary>Damage somewhere.</summary>
    public DamagedException Damage(string place, string what) => new($"{Source.Name}: {place}: {what}.");

    /// <summary>Damage of an inode or of what belongs to it.</summary>
    public DamagedException Damage(uint inode, string what) => Damage($"inode {inode}", what);
}
