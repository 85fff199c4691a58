using System.Numerics;
using System.Text;

namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>
/// The superblock, checked: what the others compute from it stays within the file system. Layout: FreeBSD sys/ufs/ffs/fs.h, which NetBSD shares but for
/// fields that are not read here. Addresses are in fragments.
/// </summary>
internal sealed class UfsSuperblock
{
    private const int Bytes = 1376;
    private const int MagicAt = 1372;
    private const uint Magic1 = 0x011954, Magic2 = 0x19540119, Magic2Attributes = 0x19012038;   // the last is NetBSD's for UFS2 with extended attributes
    private const int SnapshotSlots = 20;
    private const int MinBlock = 4096, MaxBlock = 65536, MinFragment = 512, MaxFragments = 8;
    private const int Format44 = 2;
    private const byte FlagsMoved = 0x80;
    private const int SearchUfs2 = 65536;

    /// <summary>Where one may stand, in the order in which the kernels look.</summary>
    private static readonly int[] Places = [SearchUfs2, 8192, 0, 262144];

    private UfsSuperblock(UfsOrder order, int place, ReadOnlySpan<byte> raw, string source)
    {
        Order = order;
        Place = place;
        Version = order.U32(raw, MagicAt) == Magic1 ? 1 : 2;
        BlockBytes = order.I32(raw, 48);
        FragmentBytes = order.I32(raw, 52);
        Require(BlockBytes is >= MinBlock and <= MaxBlock && BitOperations.IsPow2(BlockBytes), $"a block of {BlockBytes} bytes");
        Require(FragmentBytes >= MinFragment && FragmentBytes <= BlockBytes && BitOperations.IsPow2(FragmentBytes) && BlockBytes / FragmentBytes <= MaxFragments,
            $"a fragment of {FragmentBytes} bytes in a block of {BlockBytes}");
        Fragments = BlockBytes / FragmentBytes;
        Require(order.I32(raw, 56) == Fragments, $"{order.I32(raw, 56)} fragments in a block, not {Fragments}");
        SuperblockAt = order.U32(raw, 8);
        GroupAt = order.U32(raw, 12);
        InodesAt = order.U32(raw, 16);
        Groups = order.U32(raw, 44);
        InodesPerGroup = order.U32(raw, 184);
        FragmentsPerGroup = order.U32(raw, 188);
        GroupBytes = order.I32(raw, 160);
        Size = Version == 1 ? order.U32(raw, 36) : order.I64(raw, 1080);
        Require(Size > 0 && Size <= long.MaxValue / FragmentBytes, $"a size of {Size} fragments");
        Require(Groups > 0 && FragmentsPerGroup > 0 && (Groups - 1L) * FragmentsPerGroup < Size, $"{Groups} groups of {FragmentsPerGroup} fragments in {Size}");
        Require(InodesPerGroup > 0 && (ulong)InodesPerGroup * Groups <= uint.MaxValue, $"{InodesPerGroup} inodes in each of {Groups} groups");
        long inodeBlocks = (InodesPerGroup + (long)InodesPerBlock - 1) / InodesPerBlock;
        Require(InodesAt + inodeBlocks * Fragments <= FragmentsPerGroup && GroupAt < FragmentsPerGroup, $"{InodesPerGroup} inodes from fragment {InodesAt} on, and a head at {GroupAt}, in a group of {FragmentsPerGroup}");
        Require(GroupBytes > 0 && GroupBytes <= BlockBytes, $"heads of groups of {GroupBytes} bytes");
        Require(order.U32(raw, 116) == PointersPerBlock, $"{order.U32(raw, 116)} pointers in a block, not {PointersPerBlock}");
        if (Version == 1)
        {
            GroupOffset = order.I32(raw, 24);
            GroupMask = order.U32(raw, 28);
            Require(GroupOffset >= 0, $"groups that are shifted by {GroupOffset}");
            OldInodes = order.I32(raw, 1324) < Format44;
        }
        InlineLinkBytes = Math.Clamp(order.I32(raw, 1320), 0, MapBytes);
        OldDirectories = Version == 1 && order.I32(raw, 1320) <= 0;
        Clean = raw[209] != 0;
        Flags = (UfsFlags)(Version == 1 && (raw[211] & FlagsMoved) == 0 ? raw[211] : order.U32(raw, 1312));
        Label = Text(raw.Slice(680, 32));
        MountPoint = Text(raw.Slice(212, 468));
        Id = order.U32(raw, 144) == 0 && order.U32(raw, 148) == 0 ? "" : $"{order.U32(raw, 144):x8}{order.U32(raw, 148):x8}";
        var snapshots = new HashSet<uint>();
        for (int i = 0; Version == 2 && i < SnapshotSlots && order.U32(raw, 1116 + 4 * i) is > 2 and uint number; i++) snapshots.Add(number);
        Snapshots = snapshots;

        void Require(bool holds, string what)
        {
            if (!holds) throw new DamagedException($"{source}: its UFS superblock is damaged: {what}. 'fsck_ffs -b' on BSD can put a copy in its place.");
        }
    }

    public UfsOrder Order { get; }

    /// <summary>The byte at which it stands.</summary>
    public int Place { get; }

    /// <summary>1 or 2.</summary>
    public int Version { get; }

    public int BlockBytes { get; }

    public int FragmentBytes { get; }

    /// <summary>Fragments in a block: 1, 2, 4 or 8.</summary>
    public int Fragments { get; }

    /// <summary>All fragments of the file system.</summary>
    public long Size { get; }

    public uint Groups { get; }

    public uint InodesPerGroup { get; }

    public uint FragmentsPerGroup { get; }

    /// <summary>Bytes of a group's head.</summary>
    public int GroupBytes { get; }

    /// <summary>UFS1 of 4.2BSD: owners of 16 bits, no nanoseconds.</summary>
    public bool OldInodes { get; }

    /// <summary>Directories whose entries tell no kind.</summary>
    public bool OldDirectories { get; }

    /// <summary>Targets of symbolic links below this lie in the inode.</summary>
    public int InlineLinkBytes { get; }

    public bool Clean { get; }

    public UfsFlags Flags { get; }

    public string Label { get; }

    /// <summary>Where it was mounted last.</summary>
    public string MountPoint { get; }

    public string Id { get; }

    /// <summary>Inodes that are snapshots.</summary>
    public IReadOnlySet<uint> Snapshots { get; }

    public int PointerBytes => 4 * Version;

    public int PointersPerBlock => BlockBytes / PointerBytes;

    public int InodeBytes => 128 * Version;

    public int InodesPerBlock => BlockBytes / InodeBytes;

    /// <summary>Bytes of an inode's pointers: 12 direct ones and 3 to trees.</summary>
    public int MapBytes => 15 * PointerBytes;

    public uint MaxInode => InodesPerGroup * Groups - 1;

    private uint SuperblockAt { get; }

    private uint GroupAt { get; }

    private uint InodesAt { get; }

    private int GroupOffset { get; }

    private uint GroupMask { get; }

    /// <summary>The fragment at which a group's head stands.</summary>
    public long GroupHead(uint group) => GroupStart(group) + GroupAt;

    /// <summary>The fragment of the block in which an inode stands.</summary>
    public long InodeBlock(uint number) => GroupStart(number / InodesPerGroup) + InodesAt + (long)(number % InodesPerGroup / (uint)InodesPerBlock) * Fragments;

    /// <summary>Whether a source has a UFS.</summary>
    public static bool IsPresent(IBlockSource source) => Find(source, out _, out _) is not null;

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="DamagedException">There is none, or it does not hold together.</exception>
    public static UfsSuperblock Read(IBlockSource source) =>
        Find(source, out UfsOrder order, out int place) is { } raw ? new UfsSuperblock(order, place, raw, source.Name) : throw new DamagedException($"{source.Name}: no UFS superblock.");

    private static byte[]? Find(IBlockSource source, out UfsOrder order, out int place)
    {
        byte[] raw = new byte[Bytes];
        foreach (int at in Places)
        {
            place = at;
            if (source.SizeBytes < at + Bytes) continue;
            source.Read(at, raw);
            foreach (bool big in new[] { false, true })
            {
                order = new UfsOrder(big);
                uint magic = order.U32(raw, MagicAt);
                // A UFS1 of large blocks has a copy of its superblock where that of a UFS2 stands.
                if (magic == Magic1 && at != SearchUfs2) return raw;
                if (magic is Magic2 or Magic2Attributes && order.I64(raw, 1000) == at) return raw;
            }
        }
        order = default;
        place = -1;
        return null;
    }

    private long GroupStart(uint group) => (long)FragmentsPerGroup * group + (Version == 1 ? (long)GroupOffset * (group & ~GroupMask) : 0);

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
