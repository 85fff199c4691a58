using System.Text;
using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ufs;

namespace Mirror.Dump.Tests.Ufs;

/// <summary>What makefs does not make, put into its images by hand.</summary>
public sealed class UfsByHandTests(UfsTree tree) : IClassFixture<UfsTree>
{
    [SkippableTheory]
    [InlineData(1, "le")]
    [InlineData(1, "be")]
    [InlineData(2, "le")]
    [InlineData(2, "be")]
    public void Holes_stay_holes_and_read_as_zeroes(int version, string order)
    {
        using MakefsImage image = tree.SmallImage(version, order);
        uint number = Number(image, "target");
        byte[] due = File.ReadAllBytes(Path.Combine(tree.Small, "target"));
        int tree1 = (int)image.Pointer(image.PointerAt(number, 12)) * image.FragmentBytes;
        foreach (int block in new[] { 0, 3, 4, 11 }) image.PutPointer(image.PointerAt(number, block), 0);
        foreach (int block in new[] { 12, 15, 16 }) image.PutPointer(tree1 + (block - 12) * 4 * version, 0);
        foreach (int block in new[] { 0, 3, 4, 11, 12, 15, 16 }) due.AsSpan(block * 4096, 4096).Clear();
        // And a hole behind the end of what there is.
        image.PutSize(number, 600 << 20);
        using UfsFileSystem fileSystem = image.Open();
        Inode inode = fileSystem.ReadInode(number)!;
        byte[] actual = new byte[due.Length];
        Assert.Equal(actual.Length, fileSystem.Read(inode, 0, actual));
        Assert.Equal(due[..(20 * 4096)], actual[..(20 * 4096)]);
        DataRun[] runs = [.. fileSystem.DataRuns(inode)];
        Assert.Equal([(4096, 2), (5 * 4096, 6), (13 * 4096, 2), (17 * 4096, 4)], Merged(runs).Select(r => ((int)r.Offset, (int)(r.Length / 4096))));
        byte[] far = new byte[100];
        far.AsSpan().Fill(1);
        Assert.Equal(50, fileSystem.Read(inode, (600L << 20) - 50, far));
        Assert.Equal(new byte[50], far[..50]);
    }

    [SkippableTheory]
    [InlineData(1, "le")]
    [InlineData(1, "be")]
    [InlineData(2, "le")]
    [InlineData(2, "be")]
    public void Blocks_of_the_double_and_triple_tree_are_found(int version, string order)
    {
        using MakefsImage image = tree.SmallImage(version, order);
        uint number = Number(image, "target"), filler = Number(image, "filler");
        long n = 4096 / (4 * version);
        // A file of four blocks with content: the last direct one, and the last one of each tree. Filler's blocks become the trees.
        long[] logical = [11, 12 + n - 1, 12 + n + n * n - 1, 12 + n + n * n + n * n * n - 1];
        int next = 0;
        long[] data = [.. Enumerable.Range(0, 4).Select(i => image.Pointer(image.PointerAt(number, i)))];
        for (int i = 0; i < 12; i++) image.PutPointer(image.PointerAt(number, i), i == 11 ? data[0] : 0);
        for (int levels = 1; levels <= 3; levels++)
        {
            int at = image.PointerAt(number, 11 + levels);
            for (int level = 0; level < levels; level++)
            {
                long block = image.Pointer(image.PointerAt(filler, next++));
                image.PutPointer(at, block);
                image.Bytes.AsSpan((int)block * image.FragmentBytes, 4096).Clear();
                at = (int)block * image.FragmentBytes + (int)(n - 1) * 4 * version;
            }
            image.PutPointer(at, data[levels]);
        }
        image.PutSize(number, (logical[3] + 1) * 4096);
        using UfsFileSystem fileSystem = image.Open();
        Inode inode = fileSystem.ReadInode(number)!;
        byte[] source = File.ReadAllBytes(Path.Combine(tree.Small, "target")), part = new byte[4096 + 200];
        DataRun[] runs = [.. fileSystem.DataRuns(inode)];
        Assert.Equal(logical.Select((l, i) => new DataRun(l * 4096, 4096, data[i] * image.FragmentBytes)), runs);
        for (int i = 0; i < 4; i++)
        {
            int got = fileSystem.Read(inode, logical[i] * 4096 - 100, part);
            Assert.Equal(i == 3 ? 4196 : 4296, got);
            Assert.Equal(new byte[100], part[..100]);
            Assert.Equal(source[(i * 4096)..((i + 1) * 4096)], part[100..4196]);
        }
        image.PutSize(number, (logical[3] + 1) * 4096 + 1);
        using UfsFileSystem again = image.Open();
        Assert.Contains("size", Assert.Throws<DamagedException>(() => again.ReadInode(number)).Message);
    }

    [SkippableTheory]
    [InlineData("le")]
    [InlineData("be")]
    public void Extended_attributes_have_the_names_that_Linux_would_give_them(string order)
    {
        using MakefsImage image = tree.SmallImage(2, order);
        uint number = Number(image, "f1"), filler = Number(image, "filler");
        int at = (int)image.Pointer(image.PointerAt(filler, 0)) * image.FragmentBytes, begin = at;
        Put(1, "comment", "a remark"u8);
        Put(1, "empty", []);
        Put(2, "mac_biba", "x"u8);
        Put(2, "posix1e.acl_access", Acl((1, 0, 7), (8, 77, 1), (2, 1000, 6), (4, 0, 5), (16, 0, 7), (32, 0, 4)));
        Put(2, "posix1e.acl_default", Acl((1, 0, 7), (4, 0, 5), (32, 0, 1)));
        Put(1, new string('n', 250), new byte[1500]);
        image.Put(image.InodeAt(number) + 92, at - begin, 4);
        image.PutPointer(image.InodeAt(number) + 96, begin / image.FragmentBytes);
        using UfsFileSystem fileSystem = image.Open();
        var found = fileSystem.ReadAttributes(fileSystem.ReadInode(number)!).ToDictionary(a => a.Name, a => a.Value.ToArray());
        Assert.Equal(["user.comment", "user.empty", "system.mac_biba", "system.posix_acl_access", "system.posix_acl_default", "user." + new string('n', 250)], found.Keys);
        Assert.Equal("a remark"u8.ToArray(), found["user.comment"]);
        Assert.Empty(found["user.empty"]);
        Assert.Equal("x"u8.ToArray(), found["system.mac_biba"]);
        Assert.Equal(1500, found["user." + new string('n', 250)].Length);
        // The file's mode is 0644: owner, mask and others follow it; entries come in order.
        Assert.Equal("02000000" + "01000600ffffffff" + "02000600e8030000" + "04000500ffffffff" + "080001004d000000" + "10000400ffffffff" + "20000400ffffffff", Convert.ToHexStringLower(found["system.posix_acl_access"]));
        Assert.Equal("02000000" + "01000700ffffffff" + "04000500ffffffff" + "20000100ffffffff", Convert.ToHexStringLower(found["system.posix_acl_default"]));

        void Put(byte space, string name, ReadOnlySpan<byte> value)
        {
            int content = (7 + name.Length + 7) & ~7, padding = -value.Length & 7;
            image.Put(at, content + value.Length + padding, 4);
            (image.Bytes[at + 4], image.Bytes[at + 5], image.Bytes[at + 6]) = (space, (byte)padding, (byte)name.Length);
            Encoding.ASCII.GetBytes(name).CopyTo(image.Bytes, at + 7);
            value.CopyTo(image.Bytes.AsSpan(at + content));
            at += content + value.Length + padding;
        }

        byte[] Acl(params (uint Tag, uint Id, ushort Permissions)[] entries)
        {
            byte[] acl = new byte[388];
            MakefsImage writer = image;
            int spare = begin + 3500;       // written in the image's order, then taken out
            writer.Put(spare, entries.Length, 4);
            for (int i = 0; i < entries.Length; i++)
            {
                writer.Put(spare + 4 + 12 * i, entries[i].Tag, 4);
                writer.Put(spare + 8 + 12 * i, entries[i].Id, 4);
                writer.Put(spare + 12 + 12 * i, entries[i].Permissions, 2);
            }
            writer.Bytes.AsSpan(spare, 4 + 12 * entries.Length).CopyTo(acl);
            return acl;
        }
    }

    [SkippableFact]
    public void Snapshots_whiteouts_and_inodes_without_a_name_are_left_out()
    {
        using MakefsImage image = tree.SmallImage(2, "be");
        uint flagged = Number(image, "f0"), listed = Number(image, "f1"), unnamed = Number(image, "f2");
        image.Put(image.InodeAt(flagged) + 88, 0x00200000, 4);
        image.Put(image.SuperblockAt + 1116, listed, 4);
        image.Put(image.InodeAt(unnamed) + 2, 0, 2);
        int entry = EntryAt(image, "link");
        image.Put(entry, 1, 4);
        image.Bytes[entry + 6] = 14;
        using UfsFileSystem fileSystem = image.Open();
        Assert.Null(fileSystem.ReadInode(flagged));
        Assert.Null(fileSystem.ReadInode(listed));
        Assert.False(fileSystem.IsAllocated(listed));
        Assert.Null(fileSystem.ReadInode(unnamed));
        string[] names = [.. fileSystem.ReadDirectory(fileSystem.ReadInode(2)!).Select(e => Encoding.UTF8.GetString(e.Name.Span))];
        Assert.DoesNotContain("link", names);
        Assert.DoesNotContain("f1", names);
        Assert.Contains("1 snapshots", Assert.Single(fileSystem.Notes));
    }

    [SkippableTheory]
    [InlineData("le")]
    [InlineData("be")]
    public void The_formats_of_4_2BSD_are_read(string order)
    {
        using MakefsImage image = tree.SmallImage(1, order);
        uint number = Number(image, "f0"), link = Number(image, "link");
        foreach (string name in new[] { ".", "..", "f0", "f1", "f2", "filler", "target", "link", "sub" })
        {
            int at = EntryAt(image, name);
            image.Put(at + 6, name.Length, 2);
        }
        image.Put(image.SuperblockAt + 1320, 0, 4);     // symbolic links have no room in the inode
        image.Put(image.SuperblockAt + 1324, -1, 4);    // inodes have short owners
        image.Put(image.InodeAt(number) + 4, 1234, 2);
        image.Put(image.InodeAt(number) + 6, 5678, 2);
        using UfsFileSystem fileSystem = image.Open();
        DirectoryEntry[] entries = [.. fileSystem.ReadDirectory(fileSystem.ReadInode(2)!)];
        Assert.Equal([".", "..", "f0", "f1", "f2", "filler", "link", "sub", "target"], entries.Select(e => Encoding.UTF8.GetString(e.Name.Span)).Order(StringComparer.Ordinal));
        Assert.All(entries, e => Assert.Equal(InodeKind.None, e.Kind));
        Inode inode = fileSystem.ReadInode(number)!;
        Assert.Equal((1234u, 5678u, 0u), (inode.UserId, inode.GroupId, inode.Modified.Nanoseconds));
        Assert.Equal("f0"u8.ToArray(), fileSystem.ReadLink(fileSystem.ReadInode(link)!));
    }

    [SkippableFact]
    public void A_superblock_is_found_at_each_of_its_places()
    {
        foreach (int place in new[] { 0, 65536, 262144 })
        {
            using MakefsImage image = tree.SmallImage(2, "le");
            int before = image.SuperblockAt;
            byte[] super = image.Bytes[before..(before + 1376)];
            image.Bytes.AsSpan(before, 1376).Clear();
            super.CopyTo(image.Bytes, place);
            // One that does not say that it belongs here is a copy, not the one that is kept up to date.
            Assert.False(UfsFileSystem.IsPresent(image));
            image.Put(place + 1000, place, 8);
            Assert.True(UfsFileSystem.IsPresent(image));
            Assert.Equal(FileSystemKind.Ufs2, image.Open().Kind);
        }
    }

    [SkippableTheory]
    [InlineData(0x00, "without soft updates")]
    [InlineData(0x02, "soft updates")]
    [InlineData(0x0A, "journal was not replayed")]
    [InlineData(0x40, "gjournal")]
    [InlineData(0x04, "marked this file system as damaged")]
    public void One_that_was_not_unmounted_says_so(int flags, string note)
    {
        using MakefsImage image = tree.SmallImage(2, "be");
        image.Bytes[image.SuperblockAt + 209] = 0;
        image.Put(image.SuperblockAt + 1312, flags, 4);
        using UfsFileSystem fileSystem = image.Open();
        Assert.Contains(fileSystem.Notes, n => n.Contains("not unmounted", StringComparison.Ordinal));
        Assert.Contains(fileSystem.Notes, n => n.Contains(note, StringComparison.Ordinal));
    }

    private static uint Number(MakefsImage image, string path) => MakefsImage.Find(image.Open(), path).Number;

    /// <summary>Where a name of the root directory stands.</summary>
    private static int EntryAt(MakefsImage image, string name)
    {
        int at = (int)image.Pointer(image.PointerAt(2, 0)) * image.FragmentBytes;
        while (image.Bytes[at + 7] != name.Length || Encoding.UTF8.GetString(image.Bytes, at + 8, name.Length) != name) at += image.Order.U16(image.Bytes, at + 4);
        return at;
    }

    private static IEnumerable<DataRun> Merged(IEnumerable<DataRun> runs)
    {
        DataRun last = default;
        foreach (DataRun run in runs)
        {
            if (last.Length > 0 && last.Offset + last.Length == run.Offset)
            {
                last = last with { Length = last.Length + run.Length };
                continue;
            }
            if (last.Length > 0) yield return last;
            last = run;
        }
        yield return last;
    }
}
