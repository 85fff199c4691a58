using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// The group descriptors, read and checked when they are asked for: their number is the image's word, so they are not kept.
/// The inode bitmaps are read through them. Layout: kernel Documentation/filesystems/ext4/group_descr.rst.
/// </summary>
internal sealed class ExtGroupTable
{
    private const int Uninitialized = 0x1;

    private readonly ExtVolume _volume;
    private readonly ExtSuperblock _super;
    private Descriptor? _lastGroup;
    private Bitmap? _lastBitmap;

    /// <summary>The groups of a volume.</summary>
    public ExtGroupTable(ExtVolume volume)
    {
        _volume = volume;
        _super = volume.Super;
    }

    private bool HasGroupSums => _volume.HasChecksums || _super.Has(ExtReadOnlyCompatible.GroupChecksum);

    /// <summary>A group by number, which must be below the count of groups.</summary>
    /// <exception cref="DamagedException">It points outside, or its checksum is wrong.</exception>
    public ExtGroup this[long group]
    {
        get
        {
            var last = Volatile.Read(ref _lastGroup);
            if (last is not null && last.Number == group) return last.Group;
            var found = Read(group);
            Volatile.Write(ref _lastGroup, new Descriptor(group, found));
            return found;
        }
    }

    /// <summary>Whether an inode of the file system is in use.</summary>
    public bool IsAllocated(uint number)
    {
        var (group, index) = Math.DivRem(number - 1, _super.InodesPerGroup);
        var bitmap = Volatile.Read(ref _lastBitmap);
        if (bitmap is null || bitmap.Group != group)
        {
            bitmap = ReadBitmap(group);
            Volatile.Write(ref _lastBitmap, bitmap);
        }
        return index < bitmap.Inodes && (bitmap.Bits[(int)(index >> 3)] >> (int)(index & 7) & 1) != 0;
    }

    private Bitmap ReadBitmap(long number)
    {
        var group = this[number];
        if (group.UsedInodes == 0) return new Bitmap(number, [], 0);
        ulong tag = BlockCache.Tag(BlockCache.Use.InodeBitmap, (uint)number);
        if (_volume.Cache.Find(group.InodeBitmap, tag) is not { } bits)
        {
            bits = _volume.ReadBlock(group.InodeBitmap);
            if (_volume.HasChecksums)
            {
                uint mask = _super.DescriptorBytes >= 64 ? uint.MaxValue : ushort.MaxValue;
                uint sum = ExtChecksum.Crc32C(_super.ChecksumSeed, bits.AsSpan(0, (int)(_super.InodesPerGroup / 8))) & mask;
                if (sum != group.BitmapChecksum)
                    throw _volume.Damage($"inode bitmap of group {number} (block {group.InodeBitmap})", $"its checksum is {sum:x}, not {group.BitmapChecksum:x}");
            }
            _volume.Cache.Put(group.InodeBitmap, tag, bits);
        }
        return new Bitmap(number, bits, group.UsedInodes);
    }

    private ExtGroup Read(long number)
    {
        int size = _super.DescriptorBytes;
        int perBlock = _super.BlockBytes / size;
        long block = BlockOf(number / perBlock);
        if (!_volume.Holds(block)) throw _volume.Damage($"group {number}", $"its descriptor would lie in block {block} of {_super.BlockCount}");
        var raw = _volume.ReadUnchecked(block, BlockCache.Tag(BlockCache.Use.Descriptors)).AsSpan((int)(number % perBlock) * size, size);
        string Place() => $"descriptor of group {number} (block {block})";

        ushort stored = U16(raw, 0x1E);
        if (HasGroupSums)
        {
            ushort sum = SumOf(raw, (uint)number);
            if (sum != stored) throw _volume.Damage(Place(), $"its checksum is {sum:x4}, not {stored:x4}");
        }
        bool wide = size >= 64;
        long bitmap = U32(raw, 0x4) | (wide ? (long)U32(raw, 0x24) << 32 : 0), table = U32(raw, 0x8) | (wide ? (long)U32(raw, 0x28) << 32 : 0);
        uint unused = 0;
        if (HasGroupSums)
        {
            // Only with sums can a table be left unwritten; without them these fields mean nothing.
            unused = U16(raw, 0x1C) | (wide ? (uint)U16(raw, 0x32) << 16 : 0);
            if ((U16(raw, 0x12) & Uninitialized) != 0) unused = _super.InodesPerGroup;
        }
        long tableBlocks = (_super.InodesPerGroup * (long)_super.InodeBytes + _super.BlockBytes - 1) / _super.BlockBytes;
        if (unused > _super.InodesPerGroup) throw _volume.Damage(Place(), $"{unused} unused inodes of {_super.InodesPerGroup}");
        if (!_volume.Holds(bitmap)) throw _volume.Damage(Place(), $"an inode bitmap in block {bitmap} of {_super.BlockCount}");
        if (!_volume.Holds(table, tableBlocks)) throw _volume.Damage(Place(), $"an inode table from block {table} on, of {_super.BlockCount}");
        return new ExtGroup(bitmap, table, _super.InodesPerGroup - unused, U16(raw, 0x1A) | (wide ? (uint)U16(raw, 0x3A) << 16 : 0));
    }

    /// <summary>Where a block of descriptors lies: all in one row after the superblock, or (meta_bg) each with its own groups.</summary>
    private long BlockOf(long index)
    {
        int bytes = _super.BlockBytes;
        if (!_super.Has(ExtIncompatible.MetaBg) || index < _super.FirstMetaGroup) return ExtSuperblock.Offset / bytes + 1 + index;
        long group = index * (bytes / _super.DescriptorBytes);
        long block = _super.FirstDataBlock + group * _super.BlocksPerGroup + (_super.GroupHasSuperblock(group) ? 1 : 0);
        // With blocks of 1 KiB the first superblock is in block 1, whether the first group begins there or (bigalloc) at 0.
        return bytes == 1024 && index == 0 && _super.FirstDataBlock == 0 ? block + 1 : block;
    }

    private ushort SumOf(ReadOnlySpan<byte> raw, uint number)
    {
        Span<byte> prefix = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, number);
        if (_volume.HasChecksums)
        {
            uint crc = ExtChecksum.Crc32C(_super.ChecksumSeed, prefix);
            crc = ExtChecksum.Crc32C(crc, raw[..0x1E]);
            crc = ExtChecksum.Crc32C(crc, [0, 0]);
            return (ushort)ExtChecksum.Crc32C(crc, raw[0x20..]);
        }
        ushort sum = ExtChecksum.Crc16(ushort.MaxValue, _super.Uuid);
        sum = ExtChecksum.Crc16(sum, prefix);
        sum = ExtChecksum.Crc16(sum, raw[..0x1E]);
        return ExtChecksum.Crc16(sum, raw[0x20..]);
    }

    private static uint U32(ReadOnlySpan<byte> raw, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(raw[offset..]);

    private static ushort U16(ReadOnlySpan<byte> raw, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(raw[offset..]);

    private sealed record Descriptor(long Number, ExtGroup Group);

    private sealed record Bitmap(long Group, byte[] Bits, uint Inodes);
}
