namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>A UFS in a source: its superblock, its blocks of metadata, and how damage is named. Several threads may use it.</summary>
internal sealed class UfsVolume
{
    private readonly BlockCache _cache;

    public UfsVolume(IBlockSource source)
    {
        Source = source;
        Super = UfsSuperblock.Read(source);
        _cache = new BlockCache(Super.BlockBytes);
    }

    public IBlockSource Source { get; }

    public UfsSuperblock Super { get; }

    public UfsOrder Order => Super.Order;

    /// <summary>Whether fragments lie within the file system; the first one never belongs to a file.</summary>
    public bool Holds(long address, long fragments) => address > 0 && address <= Super.Size - fragments;

    /// <summary>A block of metadata; from the cache where it was read lately. Not to be written to.</summary>
    /// <param name="address">Its first fragment, within the file system.</param>
    public byte[] ReadBlock(long address)
    {
        long key = address / Super.Fragments;
        ulong tag = (ulong)(address % Super.Fragments) + 1;
        if (_cache.Find(key, tag) is { } found) return found;
        byte[] block = GC.AllocateUninitializedArray<byte>(Super.BlockBytes);
        Source.Read(address * Super.FragmentBytes, block);
        _cache.Put(key, tag, block);
        return block;
    }

    public DamagedException Damage(uint inode, string what) => new($"{Source.Name}: inode {inode}: {what}.");

    public DamagedException GroupDamage(uint group, string what) => new($"{Source.Name}: cylinder group {group}: {what}.");
}
