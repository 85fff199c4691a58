namespace Mirror.Dump.FileSystems;

/// <summary>
/// Blocks of metadata read lately: a table with one place for each of a block's low bits, no lock, bounded. A buffer that was put here is never written
/// again, so whoever has one may keep it. A block is found only under the tag that it was put with: what it was checked as, and for whom.
/// </summary>
internal sealed class BlockCache
{
    /// <summary>Bytes of blocks at the most.</summary>
    private const int CapacityBytes = 16 << 20;

    private readonly Entry?[] _entries;

    /// <summary>An empty cache for blocks of one size.</summary>
    public BlockCache(int blockBytes) => _entries = new Entry?[CapacityBytes / blockBytes];

    /// <summary>What a block was checked as.</summary>
    public enum Use : byte
    {
        InodeTable = 1,
        InodeBitmap,
        Descriptors,
        Indirect,
        Extents,
        Attributes,
    }

    /// <summary>Makes a tag.</summary>
    /// <param name="use">What the block is.</param>
    /// <param name="owner">Whose: an inode or a group; 0 when it does not matter.</param>
    /// <param name="depth">Its level in a tree.</param>
    public static ulong Tag(Use use, uint owner = 0, int depth = 0) => (ulong)use << 56 | (ulong)(byte)depth << 48 | owner;

    /// <summary>The block, if it is here.</summary>
    public byte[]? Find(long block, ulong tag)
    {
        var entry = Volatile.Read(ref _entries[block & (_entries.Length - 1)]);
        return entry is not null && entry.Block == block && entry.Tag == tag ? entry.Data : null;
    }

    /// <summary>Puts a block in the place of another.</summary>
    public void Put(long block, ulong tag, byte[] data) => Volatile.Write(ref _entries[block & (_entries.Length - 1)], new Entry(block, tag, data));

    private sealed record Entry(long Block, ulong Tag, byte[] Data);
}
