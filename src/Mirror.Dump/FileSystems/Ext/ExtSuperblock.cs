using System.Buffers.Binary;
using System.Text;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// What the superblock says, checked: behind it every number is in its range and the whole file system lies within the source.
/// Layout: kernel Documentation/filesystems/ext4/super.rst.
/// </summary>
internal sealed class ExtSuperblock
{
    /// <summary>Where it lies, in every ext file system.</summary>
    public const int Offset = 1024;

    /// <summary>Bytes of it.</summary>
    public const int Size = 1024;

    /// <summary>The number of the root directory.</summary>
    public const uint RootInode = 2;

    private const ushort Magic = 0xEF53;
    private const int ChecksumOffset = 0x3FC;

    private readonly byte[] _raw;

    private ExtSuperblock(IBlockSource source, byte[] raw)
    {
        _raw = raw;
        string name = source.Name;
        DamagedException Bad(string what) => new($"{name}: the ext superblock is damaged: {what}.");

        uint revision = U32(0x4C);
        if (revision > 1) throw new UnsupportedException($"{name}: ext revision {revision} is not known.");
        if (revision == 1)
        {
            Compatible = (ExtCompatible)U32(0x5C);
            Incompatible = (ExtIncompatible)U32(0x60);
            ReadOnlyCompatible = (ExtReadOnlyCompatible)U32(0x64);
        }
        if (Has(ExtReadOnlyCompatible.MetadataChecksum))
        {
            if (raw[0x175] != 1) throw new UnsupportedException($"{name}: checksums of type {raw[0x175]} are not known.");
            uint sum = ExtChecksum.Crc32C(ExtChecksum.Start, raw.AsSpan(0, ChecksumOffset));
            if (sum != U32(ChecksumOffset)) throw Bad($"its checksum is {sum:x8}, not {U32(ChecksumOffset):x8}");
        }
        RefuseUnknown(name);

        uint logBlock = U32(0x18), logCluster = U32(0x1C);
        if (logBlock > 6) throw Bad($"a block of 2^{10L + logBlock} bytes");
        BlockBytes = 1024 << (int)logBlock;
        bool bigAlloc = Has(ExtReadOnlyCompatible.BigAlloc);
        if (bigAlloc && (logCluster < logBlock || logCluster > 29)) throw Bad($"a cluster of 2^{10L + logCluster} bytes");
        ClusterBytes = bigAlloc ? 1L << (int)(10 + logCluster) : BlockBytes;

        bool wide = Has(ExtIncompatible.SixtyFourBit);
        BlockCount = U32(0x4) | (wide ? (long)U32(0x150) << 32 : 0);
        FirstDataBlock = U32(0x14);
        BlocksPerGroup = U32(0x20);
        InodesPerGroup = U32(0x28);
        MaxInode = U32(0x0);
        InodeBytes = revision == 0 ? 128 : U16(0x58);
        FirstInode = revision == 0 ? 11 : U32(0x54);
        DescriptorBytes = wide ? U16(0xFE) : 32;

        if (BlockCount <= 0 || BlockCount > source.SizeBytes / BlockBytes)
            throw Bad($"{BlockCount} blocks of {BlockBytes} bytes do not fit in the source's {source.SizeBytes} bytes (cut short?)");
        if (FirstDataBlock > 1 || FirstDataBlock >= BlockCount) throw Bad($"first data block {FirstDataBlock} of {BlockCount}");
        if (BlocksPerGroup == 0 || BlocksPerGroup > 8L * BlockBytes * (ClusterBytes / BlockBytes)) throw Bad($"{BlocksPerGroup} blocks a group");
        if (InodeBytes < 128 || InodeBytes > BlockBytes || (InodeBytes & (InodeBytes - 1)) != 0) throw Bad($"inodes of {InodeBytes} bytes");
        if (InodesPerGroup == 0 || InodesPerGroup > 8L * BlockBytes) throw Bad($"{InodesPerGroup} inodes a group");
        if (wide && (DescriptorBytes < 64 || DescriptorBytes > 1024 || (DescriptorBytes & (DescriptorBytes - 1)) != 0))
            throw Bad($"group descriptors of {DescriptorBytes} bytes");
        GroupCount = (BlockCount - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup;
        if (GroupCount * InodesPerGroup != MaxInode) throw Bad($"{MaxInode} inodes in {GroupCount} groups of {InodesPerGroup}");
        if (MaxInode < FirstInode || FirstInode < 11) throw Bad($"first ordinary inode {FirstInode} of {MaxInode}");

        var uuid = raw.AsSpan(0x68, 16);
        ChecksumSeed = Has(ExtIncompatible.ChecksumSeed) ? U32(0x270) : ExtChecksum.Crc32C(ExtChecksum.Start, uuid);
    }

    public ExtCompatible Compatible { get; }

    public ExtIncompatible Incompatible { get; }

    public ExtReadOnlyCompatible ReadOnlyCompatible { get; }

    public int BlockBytes { get; }

    /// <summary>Bytes that one bit of a block bitmap stands for (bigalloc); else a block.</summary>
    public long ClusterBytes { get; }

    public long BlockCount { get; }

    public uint FirstDataBlock { get; }

    public uint BlocksPerGroup { get; }

    public uint InodesPerGroup { get; }

    public long GroupCount { get; }

    public uint MaxInode { get; }

    /// <summary>Bytes of an inode's record, a power of two from 128 to a block.</summary>
    public int InodeBytes { get; }

    /// <summary>The first inode that is not reserved.</summary>
    public uint FirstInode { get; }

    public int DescriptorBytes { get; }

    /// <summary>What every checksum of metadata begins with.</summary>
    public uint ChecksumSeed { get; }

    public ReadOnlySpan<byte> Uuid => _raw.AsSpan(0x68, 16);

    /// <summary>The id as text, as <c>blkid</c> shows it.</summary>
    public string Id => Uuid.ContainsAnyExcept((byte)0) ? new Guid(Uuid, bigEndian: true).ToString("D") : "";

    public string Label => Text(0x78, 16);

    public uint JournalInode => U32(0xE0);

    /// <summary>Whether the superblock has a copy of the journal inode's block map.</summary>
    public bool HasJournalBackup => _raw[0xFD] == 1;

    /// <summary>The copy: 60 bytes of block map, then the high and the low half of the size.</summary>
    public ReadOnlySpan<byte> JournalBackup => _raw.AsSpan(0x10C, 68);

    public uint FirstMetaGroup => U32(0x104);

    /// <summary>Whether it was marked clean when it was last unmounted.</summary>
    public bool IsClean => (U16(0x3A) & 1) != 0;

    /// <summary>Whether the kernel found errors in it.</summary>
    public bool HasErrors => (U16(0x3A) & 2) != 0;

    /// <summary>ext2, ext3 or ext4, by the features it uses.</summary>
    public FileSystemKind Kind =>
        (Incompatible & ExtIncompatible.Ext4Only) != 0 || (ReadOnlyCompatible & ExtReadOnlyCompatible.Ext4Only) != 0 ? FileSystemKind.Ext4
        : Has(ExtCompatible.HasJournal) ? FileSystemKind.Ext3 : FileSystemKind.Ext2;

    /// <summary>Whether a source begins with an ext file system, as far as the magic number tells.</summary>
    public static bool IsPresent(IBlockSource source)
    {
        if (source.SizeBytes < Offset + Size) return false;
        Span<byte> magic = stackalloc byte[2];
        source.Read(Offset + 0x38, magic);
        return BinaryPrimitives.ReadUInt16LittleEndian(magic) == Magic;
    }

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="DamagedException">It is damaged, or (an <see cref="UnsupportedException"/>) needs what this reader does not know.</exception>
    public static ExtSuperblock Read(IBlockSource source)
    {
        if (source.SizeBytes < Offset + Size) throw new DamagedException($"{source.Name}: too short for an ext file system ({source.SizeBytes} bytes).");
        byte[] raw = new byte[Size];
        source.Read(Offset, raw);
        if (BinaryPrimitives.ReadUInt16LittleEndian(raw.AsSpan(0x38)) != Magic) throw new DamagedException($"{source.Name}: no ext superblock at byte {Offset}.");
        return new ExtSuperblock(source, raw);
    }

    public bool Has(ExtCompatible feature) => (Compatible & feature) != 0;

    public bool Has(ExtIncompatible feature) => (Incompatible & feature) != 0;

    public bool Has(ExtReadOnlyCompatible feature) => (ReadOnlyCompatible & feature) != 0;

    /// <summary>Whether a group begins with a copy of the superblock, and so with one of the group descriptors.</summary>
    public bool GroupHasSuperblock(long group)
    {
        if (group == 0) return true;
        if (Has(ExtCompatible.SparseSuper2)) return group == U32(0x24C) || group == U32(0x250);
        if (group == 1 || !Has(ExtReadOnlyCompatible.SparseSuper)) return true;
        return IsPower(group, 3) || IsPower(group, 5) || IsPower(group, 7);
    }

    /// <summary>Whether an inode is the file system's own (journal, quota, bad blocks, ...), so that no name leads to it.</summary>
    public bool IsHidden(uint number)
    {
        if (number < FirstInode) return number != RootInode;
        // Quota files and the orphan file may have ordinary numbers.
        if (Has(ExtReadOnlyCompatible.Quota) && (number == U32(0x240) || number == U32(0x244))) return true;
        if (Has(ExtReadOnlyCompatible.Project) && number == U32(0x26C)) return true;
        return Has(ExtCompatible.OrphanFile) && number == U32(0x280);
    }

    private static bool IsPower(long value, long of)
    {
        while (value % of == 0) value /= of;
        return value == 1;
    }

    private void RefuseUnknown(string name)
    {
        if (Has(ExtIncompatible.JournalDevice)) throw new UnsupportedException($"{name}: this is an external journal, not a file system.");
        var unknown = Incompatible & ~ExtIncompatible.Known;
        if (unknown == 0) return;
        throw new UnsupportedException($"{name}: it uses features that this reader does not know: {ExtFeatureNames.Of(unknown)}.");
    }

    private string Text(int offset, int length)
    {
        var bytes = _raw.AsSpan(offset, length);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_raw.AsSpan(offset));

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_raw.AsSpan(offset));
}
