using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Finds inodes by number, checks them, and says what they are.</summary>
internal sealed class ExtInodeTable(ExtVolume volume, ExtGroupTable groups)
{
    private const int ChecksumLow = 0x7C, ChecksumHigh = 0x82;

    /// <summary>An inode in use, as it lies in the table; null when it is free.</summary>
    /// <param name="number">From 1 to the highest.</param>
    public ExtInodeRecord? Find(uint number)
    {
        var super = volume.Super;
        var (groupNumber, index) = Math.DivRem(number - 1, super.InodesPerGroup);
        var group = groups[groupNumber];
        if (index >= group.UsedInodes) return null;
        long offset = (long)index * super.InodeBytes;
        long block = group.InodeTable + offset / super.BlockBytes;
        byte[] table = volume.ReadUnchecked(block, BlockCache.Tag(BlockCache.Use.InodeTable));
        var raw = table.AsSpan((int)(offset % super.BlockBytes), super.InodeBytes);
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(raw), links = BinaryPrimitives.ReadUInt16LittleEndian(raw[0x1A..]);
        if (mode == 0 && links == 0 && !raw.ContainsAnyExcept((byte)0)) return null;

        uint seed = 0;
        if (volume.HasChecksums)
        {
            seed = ExtChecksum.Crc32C(ExtChecksum.Crc32C(super.ChecksumSeed, number), BinaryPrimitives.ReadUInt32LittleEndian(raw[0x64..]));
            Verify(number, raw, seed, block);
        }
        // Without links it is deleted, or open without a name when the source stopped: nobody can reach it.
        if (mode == 0 || links == 0) return null;
        var record = new ExtInodeRecord(number, raw.ToArray(), seed);
        if (record.ExtraBytes > super.InodeBytes - ExtInodeRecord.OldBytes || (record.ExtraBytes & 3) != 0)
            throw volume.Damage(number, $"{record.ExtraBytes} extra bytes in a record of {super.InodeBytes}");
        return record;
    }

    /// <summary>An inode in the form that every reader gives.</summary>
    public Inode Describe(ExtInodeRecord record)
    {
        long size = SizeOf(record);
        long blocks = record.BlocksLow;
        if (volume.Super.Has(ExtReadOnlyCompatible.HugeFile)) blocks |= record.BlocksHigh << 32;
        long unit = volume.Super.Has(ExtReadOnlyCompatible.HugeFile) && record.Has(ExtInodeFlags.HugeFile) ? volume.BlockBytes : 512;
        var (major, minor) = record.Kind is InodeKind.BlockDevice or InodeKind.CharacterDevice ? record.Device : (0, 0);
        return new Inode
        {
            Number = record.Number,
            Mode = record.Mode,
            Links = record.Links,
            UserId = record.UserId,
            GroupId = record.GroupId,
            SizeBytes = size,
            AllocatedBytes = blocks * unit,
            Accessed = record.Accessed,
            Modified = record.Modified,
            Changed = record.Changed,
            Born = record.Born,
            Flags = (uint)record.Flags,
            Generation = record.Generation,
            DeviceMajor = major,
            DeviceMinor = minor,
            Record = record,
        };
    }

    /// <summary>Bytes of content, checked against what the block map can hold.</summary>
    public long SizeOf(ExtInodeRecord record)
    {
        bool isDirectory = record.Kind == InodeKind.Directory;
        bool wide = record.Kind == InodeKind.File || isDirectory && volume.Super.Has(ExtIncompatible.LargeDirectory);
        ulong size = record.SizeLow | (wide ? (ulong)record.SizeHigh << 32 : 0);
        long limit = record.Kind switch
        {
            InodeKind.File or InodeKind.Directory when record.Has(ExtInodeFlags.Extents) => ExtExtentMap.MaximumBlocks * volume.BlockBytes,
            InodeKind.File or InodeKind.Directory => ExtIndirectMap.MaximumBlocks(volume.BlockBytes) * volume.BlockBytes,
            InodeKind.SymbolicLink => volume.BlockBytes,
            _ => long.MaxValue,
        };
        return size <= (ulong)limit ? (long)size : throw volume.Damage(record.Number, $"a size of {size} bytes, of which its block map holds {limit}");
    }

    private void Verify(uint number, ReadOnlySpan<byte> raw, uint seed, long block)
    {
        uint crc = ExtChecksum.Crc32C(seed, raw[..ChecksumLow]);
        crc = ExtChecksum.Crc32C(crc, [0, 0]);
        crc = ExtChecksum.Crc32C(crc, raw[(ChecksumLow + 2)..ExtInodeRecord.OldBytes]);
        uint stored = BinaryPrimitives.ReadUInt16LittleEndian(raw[ChecksumLow..]), mask = ushort.MaxValue;
        if (raw.Length > ExtInodeRecord.OldBytes)
        {
            crc = ExtChecksum.Crc32C(crc, raw[ExtInodeRecord.OldBytes..ChecksumHigh]);
            int rest = ChecksumHigh;
            if (BinaryPrimitives.ReadUInt16LittleEndian(raw[ExtInodeRecord.OldBytes..]) >= ChecksumHigh + 2 - ExtInodeRecord.OldBytes)
            {
                stored |= (uint)BinaryPrimitives.ReadUInt16LittleEndian(raw[ChecksumHigh..]) << 16;
                mask = uint.MaxValue;
                crc = ExtChecksum.Crc32C(crc, [0, 0]);
                rest += 2;
            }
            crc = ExtChecksum.Crc32C(crc, raw[rest..]);
        }
        if ((crc & mask) != stored) throw volume.Damage(number, $"its checksum (in block {block}) is {crc & mask:x}, not {stored:x}");
    }
}
