namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>Where a file's blocks lie: 12 direct pointers, then one each to a tree of one, two and three levels of blocks full of pointers.</summary>
internal static class UfsBlockMap
{
    public const int Direct = 12;

    /// <summary>Bytes that the largest map can hold.</summary>
    public static long MaximumBytes(UfsSuperblock super)
    {
        Int128 n = super.PointersPerBlock;
        return (long)Int128.Min((Direct + n + n * n + n * n * n) * super.BlockBytes, long.MaxValue);
    }

    /// <summary>Looks up a block of a file.</summary>
    /// <param name="volume">Its volume.</param>
    /// <param name="inode">Its inode.</param>
    /// <param name="logical">The block's number in the file, within the largest map.</param>
    /// <returns>Its first fragment, not yet checked but for the sign, or 0 for a hole; and how many blocks from there on are a hole too (1 for storage).</returns>
    public static (long Address, long Count) Find(UfsVolume volume, UfsInodeRecord inode, long logical)
    {
        ReadOnlySpan<byte> map = inode.Map.Span;
        if (logical < Direct) return Row(volume, inode, map[..(Direct * volume.Super.PointerBytes)], (int)logical, 1);
        long n = volume.Super.PointersPerBlock;
        long within = logical - Direct, span = n;
        int levels = 1;
        while (within >= span)
        {
            within -= span;
            span *= n;
            levels++;
        }
        long address = Pointer(volume, inode, map, Direct + levels - 1);
        for (int level = levels; level > 0; level--)
        {
            if (address == 0) return (0, span - within);
            if (!volume.Holds(address, volume.Super.Fragments)) throw volume.Damage(inode.Number, $"its block map names fragment {address} of {volume.Super.Size} for an indirect block");
            ReadOnlySpan<byte> pointers = volume.ReadBlock(address);
            span /= n;
            int index = (int)(within / span);
            within %= span;
            (address, long count) = Row(volume, inode, pointers, index, span);
            if (address == 0 || level == 1) return (address, count - within);
        }
        throw new InvalidOperationException("The lowest level returns.");
    }

    /// <summary>A pointer; where it is zero, for how many blocks it and the zeroes behind it in the row stand.</summary>
    private static (long Address, long Count) Row(UfsVolume volume, UfsInodeRecord inode, ReadOnlySpan<byte> row, int index, long span)
    {
        long address = Pointer(volume, inode, row, index);
        if (address != 0) return (address, span);
        int bytes = volume.Super.PointerBytes, zeroes = row[(index * bytes)..].IndexOfAnyExcept((byte)0);
        return (0, (zeroes < 0 ? row.Length / bytes - index : zeroes / bytes) * span);
    }

    private static long Pointer(UfsVolume volume, UfsInodeRecord inode, ReadOnlySpan<byte> raw, int index)
    {
        long address = volume.Super.Version == 1 ? volume.Order.U32(raw, 4 * index) : volume.Order.I64(raw, 8 * index);
        return address >= 0 ? address : throw volume.Damage(inode.Number, $"its block map names fragment {address}");
    }
}
