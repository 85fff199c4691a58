using System.Buffers.Binary;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>Block maps made to keep a reader busy: loops, fans, sizes out of proportion. The image has no checksums, so nothing else finds them out.</summary>
public sealed class HostileTreeTests
{
    private const int Block = 1024;

    [SkippableFact]
    public void A_triple_indirect_block_that_points_to_itself_is_damage()
    {
        using var edited = new EditedImage("-t ext2 -b 1024", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        uint own = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28 + 4 * 12));
        for (int i = 0; i < Block; i += 4) edited.Put32((int)own * Block + i, own);
        edited.Put32(at + 0x28 + 4 * 14, own);
        edited.Put32(at + 0x4, uint.MaxValue);
        edited.Put32(at + 0x6C, 3);
        Expect(edited, victim, "holds more than the");
    }

    [SkippableFact]
    public void Many_empty_indirect_blocks_that_are_one_and_the_same_are_damage()
    {
        using var edited = new EditedImage("-t ext2 -b 1024", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        uint own = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28 + 4 * 12)), empty = own + 3;
        edited.Bytes.AsSpan((int)empty * Block, Block).Clear();
        for (int i = 0; i < Block; i += 4) edited.Put32((int)own * Block + i, own);
        // From the second level on all lead to the block of zeroes.
        uint second = own + 4;
        for (int i = 0; i < Block; i += 4) edited.Put32((int)second * Block + i, empty);
        for (int i = 0; i < Block; i += 4) edited.Put32((int)own * Block + i, second);
        edited.Bytes.AsSpan(at + 0x28, 56).Clear();
        edited.Put32(at + 0x28 + 4 * 14, own);
        edited.Put32(at + 0x4, 0);
        edited.Put32(at + 0x6C, 4);
        Expect(edited, victim, "more parts than the file system has blocks");
    }

    [SkippableFact]
    public void An_extent_tree_that_leads_back_to_itself_is_damage()
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        uint block = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28 + 12 + 8));
        Index(edited, at + 0x28, entries: 1, room: 4, depth: 3, _ => (0, block));
        Index(edited, (int)block * Block, entries: 84, room: 84, depth: 2, i => ((uint)i, block));
        Expect(edited, victim, "depth 2 where 1 is due", where: $"block {block}");
    }

    [SkippableFact]
    public void Extents_that_show_the_same_blocks_again_and_again_are_damage()
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        uint block = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28 + 12 + 8));
        Index(edited, at + 0x28, entries: 1, room: 4, depth: 1, _ => (0, block));
        int leaf = (int)block * Block;
        Header(edited, leaf, entries: 84, room: 84, depth: 0);
        for (int i = 0; i < 84; i++)
        {
            edited.Put32(leaf + 12 + 12 * i, (uint)(3000 * i));
            edited.Put32(leaf + 12 + 12 * i + 4, 3000);
            edited.Put32(leaf + 12 + 12 * i + 8, 1);
        }
        edited.Put32(at + 0x4, 84 * 3000 * Block);
        Expect(edited, victim, "holds more than the");
    }

    [SkippableTheory]
    [InlineData(12 + 8, 0x7FFFFFFFu, "names 20 blocks from 2147483647 on")]
    [InlineData(12 + 4, 0x0000_FFFFu, "blocks from")]
    [InlineData(2, 0x0004_0005u, "5 entries of 4")]
    [InlineData(0, 0x0001_F30Bu, "magic number f30b")]
    public void An_extent_outside_is_named(int offset, uint value, string what)
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        edited.Put32(at + 0x28 + offset, value);
        Expect(edited, victim, what);
    }

    [SkippableFact]
    public void A_block_pointer_outside_is_named_with_its_inode()
    {
        using var edited = new EditedImage("-t ext2 -b 1024", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        edited.Put32(at + 0x28 + 4 * 5, 0x7FFFFFFF);
        Expect(edited, victim, "its block map names block 2147483647 of 8192");
    }

    [SkippableFact]
    public void A_directory_entry_that_reaches_past_its_block_is_named()
    {
        using var edited = new EditedImage("-t ext2 -b 1024", root => Directory.CreateDirectory(Path.Combine(root, "victim", "below")));
        var (victim, at) = edited.Find("victim");
        int block = (int)BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28)) * Block;
        // The third entry, after the two dots; its length reaches to the end of the block, and now four bytes further.
        edited.Bytes[block + 24 + 4] += 4;
        using var fileSystem = edited.Open();
        string message = Assert.Throws<DamagedException>(() => fileSystem.ReadDirectory(fileSystem.ReadInode(victim)!).Count()).Message;
        Assert.Contains($"inode {victim}: directory block 0, byte 24: an entry of 1004 bytes", message);
    }

    [SkippableFact]
    public async Task A_journal_that_goes_round_without_a_commit_ends()
    {
        using var edited = new EditedImage("-t ext3 -b 1024 -J size=1", _ => { });
        WriteJournal(edited, (edited, place, _) => JournalBlock(edited, place, type: 5));
        var open = Task.Run(() => edited.Open().Dispose());
        await open.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableFact]
    public void A_block_in_the_journal_for_a_place_outside_is_named()
    {
        using var edited = new EditedImage("-t ext3 -b 1024 -J size=1", _ => { });
        WriteJournal(edited, (edited, place, number) =>
        {
            if (number is 1 or 3) JournalBlock(edited, place, type: number == 1 ? 1u : 2u);
            if (number != 1) return;
            BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan(place + 12), 0x7FFFFFFF);
            // The last tag, with the journal's own id.
            BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan(place + 16), 0xA);
        });
        Assert.Contains("journal: block 2 is for block 2147483647 of 8192", Assert.Throws<DamagedException>(() => edited.Open()).Message);
    }

    [SkippableFact]
    public void A_size_that_the_map_cannot_hold_is_damage()
    {
        using var edited = new EditedImage("-t ext2 -b 1024", root => File.WriteAllBytes(Path.Combine(root, "victim"), Content(20 * Block)));
        var (victim, at) = edited.Find("victim");
        edited.Put32(at + 0x6C, 0x7FFFFFFF);
        using var fileSystem = edited.Open();
        Assert.Contains($"inode {victim}: a size of", Assert.Throws<DamagedException>(() => fileSystem.ReadInode(victim)).Message);
    }

    private static byte[] Content(int length)
    {
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static void Expect(EditedImage edited, uint victim, string what, string where = "")
    {
        using var fileSystem = edited.Open();
        var work = new ThreadTime();
        var inode = fileSystem.ReadInode(victim) ?? throw new InvalidOperationException("not in use");
        string message = Assert.Throws<DamagedException>(() => fileSystem.DataRuns(inode).Count()).Message;
        Assert.Contains($"inode {victim}", message);
        Assert.Contains(what, message);
        Assert.Contains(where, message);
        Assert.True(work.Elapsed < TimeSpan.FromSeconds(5), $"{work.Elapsed}");
        // Everything else can still be read.
        Assert.All(WholeRead.Run(fileSystem, 1 << 24).Damage, m => Assert.Contains($"inode {victim}", m));
    }

    /// <summary>Has the image ask for a replay, from block 1 of the journal on, and writes the journal's blocks.</summary>
    private static void WriteJournal(EditedImage edited, Action<EditedImage, int, long> write)
    {
        var volume = edited.Volume;
        var journal = Journal.Open(volume, new ExtInodeTable(volume, new ExtGroupTable(volume)), new ExtContent(volume));
        BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan((int)journal.Locate(0) * Block + 0x18), 7);
        BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan((int)journal.Locate(0) * Block + 0x1C), 1);
        for (long i = journal.First; i < journal.End; i++) write(edited, (int)journal.Locate(i) * Block, i);
        edited.Bytes[1024 + 0x60] |= (byte)ExtIncompatible.NeedsRecovery;
    }

    private static void JournalBlock(EditedImage edited, int place, uint type)
    {
        BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan(place), Journal.Magic);
        BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan(place + 4), type);
        BinaryPrimitives.WriteUInt32BigEndian(edited.Bytes.AsSpan(place + 8), 7);
    }

    private static void Header(EditedImage edited, int at, int entries, int room, int depth)
    {
        edited.Put32(at, (uint)(0xF30A | entries << 16));
        edited.Put32(at + 4, (uint)(room | depth << 16));
        edited.Put32(at + 8, 0);
    }

    private static void Index(EditedImage edited, int at, int entries, int room, int depth, Func<int, (uint Logical, uint Block)> entry)
    {
        Header(edited, at, entries, room, depth);
        for (int i = 0; i < entries; i++)
        {
            var (logical, block) = entry(i);
            edited.Put32(at + 12 + 12 * i, logical);
            edited.Put32(at + 12 + 12 * i + 4, block);
            edited.Put32(at + 12 + 12 * i + 8, 0);
        }
    }
}
