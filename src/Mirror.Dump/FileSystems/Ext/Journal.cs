using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// The journal of a file system (jbd2) as a file of blocks, and its superblock, checked. All its numbers are big-endian.
/// Layout: kernel Documentation/filesystems/ext4/journal.rst.
/// </summary>
internal sealed class Journal
{
    /// <summary>What every block of the journal's own begins with.</summary>
    public const uint Magic = 0xC03B3998;

    private const int ChecksumOffset = 0xFC;
    private const int DefaultFastBlocks = 256;

    private readonly ExtVolume _volume;
    private readonly ExtContent _content;
    private readonly ExtInodeRecord _inode;

    private Journal(ExtVolume volume, ExtContent content, ExtInodeRecord inode, long fileBlocks)
    {
        _volume = volume;
        _content = content;
        _inode = inode;

        Span<byte> raw = new byte[volume.BlockBytes];
        Read(0, raw);
        raw = raw[..1024];
        uint type = U32(raw, 4);
        if (U32(raw, 0) != Magic || type is not (3 or 4)) throw Damage("no superblock in its first block");
        if (type == 4)
        {
            HasDataSums = (U32(raw, 0x24) & 1) != 0;
            Features = (JournalFeatures)U32(raw, 0x28);
        }
        if ((Features & ~JournalFeatures.Known) is var unknown && unknown != 0)
            throw new UnsupportedException($"{volume.Source.Name}: the journal uses features that this reader does not know: {unknown}.");
        uint seed = ExtChecksum.Crc32C(ExtChecksum.Start, raw.Slice(0x30, 16));
        if (HasBlockSums)
        {
            if (Has(JournalFeatures.ChecksumV2) && Has(JournalFeatures.ChecksumV3)) throw Damage("checksums of two versions");
            if (raw[0x50] != 4) throw new UnsupportedException($"{volume.Source.Name}: the journal has checksums of type {raw[0x50]}, which are not known.");
            uint stored = U32(raw, ChecksumOffset);
            raw[ChecksumOffset..(ChecksumOffset + 4)].Clear();
            uint sum = ExtChecksum.Crc32C(ExtChecksum.Start, raw);
            if (sum != stored) throw Damage($"its superblock's checksum is {sum:x8}, not {stored:x8}");
        }
        Seed = seed;
        End = U32(raw, 0x10);
        First = U32(raw, 0x14);
        Sequence = U32(raw, 0x18);
        StartBlock = U32(raw, 0x1C);
        if (U32(raw, 0xC) != volume.BlockBytes) throw Damage($"blocks of {U32(raw, 0xC)} bytes in a file system of {volume.BlockBytes}");
        if (End > fileBlocks) throw Damage($"{End} blocks in a file of {fileBlocks}");
        FastBlocks = 0;
        if (Has(JournalFeatures.FastCommit))
        {
            uint fast = U32(raw, 0x54);
            FastBlocks = fast == 0 ? DefaultFastBlocks : fast;
            if (FastBlocks > End) throw Damage($"{FastBlocks} of its {End} blocks are for fast commits");
            End -= FastBlocks;
        }
        if (First == 0 || First >= End) throw Damage($"its log begins at block {First} of {End}");
        if (StartBlock != 0 && (StartBlock < First || StartBlock >= End)) throw Damage($"it starts at block {StartBlock} of {End}");
    }

    public JournalFeatures Features { get; }

    /// <summary>Whether commits have a sum of what they commit (version 1).</summary>
    public bool HasDataSums { get; }

    /// <summary>Whether blocks of the journal's own have sums (versions 2 and 3).</summary>
    public bool HasBlockSums => Has(JournalFeatures.ChecksumV2) || Has(JournalFeatures.ChecksumV3);

    /// <summary>What sums of versions 2 and 3 begin with.</summary>
    public uint Seed { get; }

    /// <summary>The first block of the log.</summary>
    public long First { get; }

    /// <summary>The block after the log's last one; from there on lie fast commits.</summary>
    public long End { get; }

    /// <summary>Blocks for fast commits.</summary>
    public long FastBlocks { get; }

    /// <summary>The number of the first transaction to replay.</summary>
    public uint Sequence { get; }

    /// <summary>Where it begins; 0 when there is nothing to replay.</summary>
    public long StartBlock { get; }

    /// <summary>Opens the journal of a volume, by its inode, or by the superblock's copy of that when the inode cannot be read.</summary>
    public static Journal Open(ExtVolume volume, ExtInodeTable inodes, ExtContent content)
    {
        var super = volume.Super;
        if (!super.Has(ExtCompatible.HasJournal)) throw volume.Damage("superblock", "a journal is to be replayed, but there is none");
        if (super.JournalInode == 0)
            throw new UnsupportedException($"{volume.Source.Name}: its journal must be replayed and is on another device; mount it with that, or run e2fsck.");
        if (super.JournalInode > super.MaxInode) throw volume.Damage("superblock", $"the journal is in inode {super.JournalInode} of {super.MaxInode}");
        ExtInodeRecord? inode = null;
        try
        {
            inode = inodes.Find(super.JournalInode);
        }
        catch (DamagedException) when (super.HasJournalBackup)
        {
            // What lies around it in the table may have been on its way to the disk.
        }
        if (inode is null || inode.Kind != InodeKind.File)
        {
            if (!super.HasJournalBackup) throw volume.Damage(super.JournalInode, "should be the journal, and is no file");
            inode = ExtInodeRecord.OfJournal(super);
        }
        return new Journal(volume, content, inode, inodes.SizeOf(inode) / volume.BlockBytes);
    }

    public bool Has(JournalFeatures feature) => (Features & feature) != 0;

    /// <summary>Where a block of the journal lies in the file system.</summary>
    public long Locate(long journalBlock)
    {
        var (block, _) = _content.Find(_inode, journalBlock);
        return block != 0 ? block : throw Damage($"block {journalBlock} of it is a hole");
    }

    /// <summary>Reads a block of the journal.</summary>
    public void Read(long journalBlock, Span<byte> destination) => _volume.Source.Read(Locate(journalBlock) * _volume.BlockBytes, destination);

    /// <summary>The block of the log after another.</summary>
    public long After(long journalBlock) => journalBlock + 1 == End ? First : journalBlock + 1;

    /// <summary>Damage of the journal.</summary>
    public DamagedException Damage(string what) => _volume.Damage("journal", what);

    private static uint U32(ReadOnlySpan<byte> raw, int offset) => BinaryPrimitives.ReadUInt32BigEndian(raw[offset..]);
}
