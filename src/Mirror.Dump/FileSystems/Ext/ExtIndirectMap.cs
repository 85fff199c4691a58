using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>The classic map: 12 direct pointers, then one pointer each to a tree of one, two and three levels of blocks full of pointers.</summary>
internal static class ExtIndirectMap
{
    private const int Direct = 12;

    /// <summary>Blocks that the map can hold.</summary>
    public static long MaximumBlocks(int blockBytes)
    {
        long n = blockBytes / 4;
        // Logical block numbers have 32 bits, whatever the trees could hold.
        return Math.Min(Direct + n + n * n + n * n * n, 1L << 32);
    }

    /// <summary>Looks up a block of a file.</summary>
    /// <param name="volume">Its volume.</param>
    /// <param name="inode">An inode with such a map.</param>
    /// <param name="logical">The block's number in the file; not negative.</param>
    public static ExtMapping Find(ExtVolume volume, ExtInodeRecord inode, long logical)
    {
        if (logical < Direct) return Row(volume, inode, inode.Map[..(Direct * 4)], (int)logical);
        long n = volume.BlockBytes / 4;
        long within = logical - Direct, span = n;
        int levels = 1;
        while (within >= span)
        {
            within -= span;
            span *= n;
            if (++levels > 3) return new ExtMapping(0, long.MaxValue - logical);
        }
        long block = Pointer(volume, inode, inode.Map[((Direct + levels - 1) * 4)..]);
        for (int level = levels; level > 0; level--)
        {
            if (block == 0) return new ExtMapping(0, span - within);
            ReadOnlySpan<byte> pointers = volume.ReadUnchecked(block, BlockCache.Tag(BlockCache.Use.Indirect));
            span /= n;
            int index = (int)(within / span);
            within %= span;
            if (level == 1) return Row(volume, inode, pointers, index);
            block = Pointer(volume, inode, pointers[(index * 4)..]);
        }
        throw new InvalidOperationException("The lowest level returns.");
    }

    private static ExtMapping Row(ExtVolume volume, ExtInodeRecord inode, ReadOnlySpan<byte> raw, int index)
    {
        int length = raw.Length / 4 - index;
        long first = Pointer(volume, inode, raw[(index * 4)..]);
        if (first == 0)
        {
            int zeroes = MemoryMarshal.Cast<byte, uint>(raw)[index..].IndexOfAnyExcept(0u);
            return new ExtMapping(0, zeroes < 0 ? length : zeroes);
        }
        int count = 1;
        while (count < length && BinaryPrimitives.ReadUInt32LittleEndian(raw[((index + count) * 4)..]) == first + count && volume.Holds(first + count)) count++;
        return new ExtMapping(first, count);
    }

    private static long Pointer(ExtVolume volume, ExtInodeRecord inode, ReadOnlySpan<byte> raw)
    {
        long block = BinaryPrimitives.ReadUInt32LittleEndian(raw);
        return block == 0 || volume.Holds(block) ? block : throw volume.Damage(inode.Number, $"its block map names block {block} of {volume.Super.BlockCount}");
    }
}
