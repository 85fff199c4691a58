using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// The extent tree: nodes of index entries above, of extents below; the root lies in the inode. A node is checked whole when it comes into the cache
/// (sum, order, range), so that looking something up in it can trust it. Layout: kernel Documentation/filesystems/ext4/ifork.rst.
/// </summary>
internal static class ExtExtentMap
{
    /// <summary>Blocks that a tree can hold.</summary>
    public const long MaximumBlocks = 1L << 32;

    /// <summary>What every node begins with.</summary>
    public const ushort Magic = 0xF30A;

    private const int MaximumDepth = 5;
    private const int HeaderBytes = 12;
    private const int EntryBytes = 12;
    private const int LongestWritten = 32768;

    /// <summary>Looks up a block of a file.</summary>
    /// <param name="volume">Its volume.</param>
    /// <param name="inode">An inode with extents.</param>
    /// <param name="logical">The block's number in the file; not negative.</param>
    public static ExtMapping Find(ExtVolume volume, ExtInodeRecord inode, long logical)
    {
        if (logical >= MaximumBlocks) return new ExtMapping(0, long.MaxValue - logical);
        ReadOnlySpan<byte> node = inode.Map;
        int depth = Check(volume, inode, node, -1, 0);
        long end = MaximumBlocks;
        while (true)
        {
            int entries = U16(node, 2);
            int index = LastAtOrBefore(node, entries, logical);
            // What follows in this node bounds a hole.
            if (index + 1 < entries) end = Math.Min(end, U32(node, HeaderBytes + (index + 1) * EntryBytes));
            if (index < 0) return new ExtMapping(0, end - logical);
            var entry = node.Slice(HeaderBytes + index * EntryBytes, EntryBytes);
            if (depth == 0) return InExtent(entry, logical, end);

            long block = U32(entry, 4) | (long)U16(entry, 8) << 32;
            depth--;
            ulong tag = BlockCache.Tag(BlockCache.Use.Extents, inode.Number, depth);
            if (volume.Cache.Find(block, tag) is not { } child)
            {
                child = volume.ReadBlock(block);
                Check(volume, inode, child, depth, block);
                volume.Cache.Put(block, tag, child);
            }
            node = child;
        }
    }

    private static ExtMapping InExtent(ReadOnlySpan<byte> extent, long logical, long end)
    {
        long first = U32(extent, 0);
        int length = U16(extent, 4);
        bool written = length <= LongestWritten;
        if (!written) length -= LongestWritten;
        long within = logical - first;
        if (within >= length) return new ExtMapping(0, end - logical);
        // The next entry may lie in another node, which a damaged tree can let begin sooner.
        long count = Math.Min(length - within, end - logical);
        return new ExtMapping(written ? StartOf(extent) + within : 0, count);
    }

    /// <summary>The last entry that does not begin behind a block; -1 when all do.</summary>
    private static int LastAtOrBefore(ReadOnlySpan<byte> node, int entries, long logical)
    {
        int low = 0, high = entries;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (U32(node, HeaderBytes + middle * EntryBytes) <= logical) low = middle + 1; else high = middle;
        }
        return low - 1;
    }

    /// <summary>Checks a node, and gives its depth.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="inode">Whose.</param>
    /// <param name="node">The node: 60 bytes or a block.</param>
    /// <param name="depth">The depth it must have; -1 for the root, which says it.</param>
    /// <param name="block">Where it lies; 0 for the root.</param>
    private static int Check(ExtVolume volume, ExtInodeRecord inode, ReadOnlySpan<byte> node, int depth, long block)
    {
        DamagedException Bad(string what) => volume.Damage(inode.Number, block == 0 ? $"its extent tree: {what}" : $"its extent tree, block {block}: {what}");

        if (U16(node, 0) != Magic) throw Bad($"magic number {U16(node, 0):x4}");
        int entries = U16(node, 2), room = U16(node, 4), actual = U16(node, 6);
        if (actual > MaximumDepth || depth >= 0 && actual != depth) throw Bad($"depth {actual}" + (depth >= 0 ? $" where {depth} is due" : ""));
        if (room > (node.Length - HeaderBytes) / EntryBytes || entries > room) throw Bad($"{entries} entries of {room}");
        if (entries == 0 && actual > 0) throw Bad("an index without entries");
        if (block != 0 && volume.HasChecksums)
        {
            int tail = HeaderBytes + room * EntryBytes;
            if (tail > node.Length - 4) throw Bad("no room for a checksum");
            uint sum = ExtChecksum.Crc32C(inode.Seed, node[..tail]);
            if (sum != U32(node, tail)) throw Bad($"its checksum is {sum:x8}, not {U32(node, tail):x8}");
        }
        long next = 0;
        for (int i = 0; i < entries; i++)
        {
            var entry = node.Slice(HeaderBytes + i * EntryBytes, EntryBytes);
            long first = U32(entry, 0);
            if (first < next) throw Bad($"entry {i} begins at {first}, before {next}");
            if (actual > 0)
            {
                long child = U32(entry, 4) | (long)U16(entry, 8) << 32;
                if (!volume.Holds(child)) throw Bad($"entry {i} names block {child} of {volume.Super.BlockCount}");
                next = first + 1;
                continue;
            }
            int length = U16(entry, 4);
            if (length > LongestWritten) length -= LongestWritten;
            if (length == 0 || first + length > MaximumBlocks) throw Bad($"entry {i} has {length} blocks from {first} on");
            if (!volume.Holds(StartOf(entry), length)) throw Bad($"entry {i} names {length} blocks from {StartOf(entry)} on, of {volume.Super.BlockCount}");
            next = first + length;
        }
        return actual;
    }

    private static long StartOf(ReadOnlySpan<byte> extent) => U32(extent, 8) | (long)U16(extent, 6) << 32;

    private static uint U32(ReadOnlySpan<byte> raw, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(raw[offset..]);

    private static ushort U16(ReadOnlySpan<byte> raw, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(raw[offset..]);
}
