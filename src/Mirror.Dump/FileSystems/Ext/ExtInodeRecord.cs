using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>An inode as it lies in the table: a copy of its bytes, and what is read from them. Layout: kernel Documentation/filesystems/ext4/inodes.rst.</summary>
internal sealed class ExtInodeRecord
{
    /// <summary>Bytes of the block map (or of what lies in its place).</summary>
    public const int MapBytes = 60;

    /// <summary>Bytes of an inode without anything after the old ext2 record.</summary>
    public const int OldBytes = 128;

    private const int MapOffset = 0x28;

    private readonly byte[] _raw;

    /// <summary>Takes over the bytes of an inode.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="raw">At least <see cref="OldBytes"/>.</param>
    /// <param name="seed">What the checksums of what belongs to it begin with.</param>
    public ExtInodeRecord(uint number, byte[] raw, uint seed)
    {
        Number = number;
        _raw = raw;
        Seed = seed;
    }

    public uint Number { get; }

    /// <summary>What the checksums of its directory and extent blocks begin with: the volume's seed, its number, its generation.</summary>
    public uint Seed { get; }

    public ReadOnlySpan<byte> Raw => _raw;

    public ushort Mode => U16(0);

    public InodeKind Kind => (InodeKind)(Mode >> 12);

    public ExtInodeFlags Flags => (ExtInodeFlags)U32(0x20);

    public ushort Links => U16(0x1A);

    public uint Generation => U32(0x64);

    public uint UserId => U16(0x2) | (uint)U16(0x78) << 16;

    public uint GroupId => U16(0x18) | (uint)U16(0x7A) << 16;

    /// <summary>The size as both halves give it; whether the upper one counts depends on the kind.</summary>
    public uint SizeLow => U32(0x4);

    /// <summary>See <see cref="SizeLow"/>.</summary>
    public uint SizeHigh => U32(0x6C);

    /// <summary>Blocks of storage, in the unit that flags and features give.</summary>
    public long BlocksLow => U32(0x1C);

    /// <summary>The part above 32 bits.</summary>
    public long BlocksHigh => U16(0x74);

    public long AttributeBlock => U32(0x68) | (long)U16(0x76) << 32;

    /// <summary>The sum of an attribute's value, where this inode holds one.</summary>
    public uint AttributeHash => U32(0x8);

    /// <summary>Block pointers, the root of an extent tree, a short link's target, the begin of inline data, a device number.</summary>
    public ReadOnlySpan<byte> Map => _raw.AsSpan(MapOffset, MapBytes);

    /// <summary>Bytes in use after the old record, without attributes; 0 when there are none.</summary>
    public int ExtraBytes => _raw.Length > OldBytes ? U16(0x80) : 0;

    /// <summary>Where attributes in the inode can begin.</summary>
    public ReadOnlyMemory<byte> AttributeSpace => _raw.Length > OldBytes ? _raw.AsMemory(OldBytes + ExtraBytes) : default;

    public InodeTime Accessed => Time(0x8, 0x8C);

    public InodeTime Changed => Time(0xC, 0x84);

    public InodeTime Modified => Time(0x10, 0x88);

    public InodeTime? Born => ExtraBytes >= 0x98 - OldBytes ? Time(0x90, 0x94) : null;

    /// <summary>The device number of a device file, in the old or the new form.</summary>
    public (uint Major, uint Minor) Device
    {
        get
        {
            uint old = U32(MapOffset), now = U32(MapOffset + 4);
            return old != 0 ? (old >> 8 & 0xFF, old & 0xFF) : (now >> 8 & 0xFFF, now & 0xFF | now >> 12 & 0xFFF00);
        }
    }

    public bool Has(ExtInodeFlags flag) => (Flags & flag) != 0;

    /// <summary>The journal's inode, made from the copy of its block map in the superblock.</summary>
    public static ExtInodeRecord OfJournal(ExtSuperblock super)
    {
        byte[] raw = new byte[OldBytes];
        var copy = super.JournalBackup;
        BinaryPrimitives.WriteUInt16LittleEndian(raw, (ushort)InodeKind.File << 12);
        copy[..MapBytes].CopyTo(raw.AsSpan(MapOffset));
        copy[MapBytes..(MapBytes + 4)].CopyTo(raw.AsSpan(0x6C));
        copy[(MapBytes + 4)..].CopyTo(raw.AsSpan(0x4));
        if (BinaryPrimitives.ReadUInt16LittleEndian(copy) == ExtExtentMap.Magic) BinaryPrimitives.WriteUInt32LittleEndian(raw.AsSpan(0x20), (uint)ExtInodeFlags.Extents);
        uint seed = ExtChecksum.Crc32C(ExtChecksum.Crc32C(super.ChecksumSeed, super.JournalInode), 0u);
        return new ExtInodeRecord(super.JournalInode, raw, seed);
    }

    private InodeTime Time(int seconds, int extra)
    {
        int low = (int)U32(seconds);
        if (ExtraBytes < extra + 4 - OldBytes) return new InodeTime(low, 0);
        uint more = U32(extra);
        // Two bits carry the seconds past 2038; nothing says that the other thirty are below 10^9.
        return new InodeTime(low + ((long)(more & 3) << 32), Math.Min(more >> 2, 999_999_999));
    }

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_raw.AsSpan(offset));

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_raw.AsSpan(offset));
}
