using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ufs;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ufs;

/// <summary>Bad images: an error that names the place, never a crash, a hang, or memory out of proportion.</summary>
public sealed class UfsHostileTests(UfsTree tree) : IClassFixture<UfsTree>
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Trees_that_lead_back_to_themselves_end(int version)
    {
        using MakefsImage image = tree.SmallImage(version, "le");
        uint number = MakefsImage.Find(image.Open(), "target").Number;
        long block = image.Pointer(image.PointerAt(number, 12));
        for (int i = 0; i < 4096 / (4 * version); i++) image.PutPointer((int)block * image.FragmentBytes + i * 4 * version, block);
        image.PutPointer(image.PointerAt(number, 13), block);
        image.PutPointer(image.PointerAt(number, 14), block);
        image.PutSize(number, 1L << 36);
        using UfsFileSystem fileSystem = image.Open();
        var work = new ThreadTime();
        DamagedException damage = Assert.Throws<DamagedException>(() => fileSystem.DataRuns(fileSystem.ReadInode(number)!).Count());
        Assert.Contains($"inode {number}", damage.Message);
        Assert.True(work.Elapsed < TimeSpan.FromSeconds(5), $"{work.Elapsed}");
    }

    [SkippableFact]
    public void Damage_names_inode_and_place()
    {
        using MakefsImage good = tree.SmallImage(2, "be");
        uint target = MakefsImage.Find(good.Open(), "target").Number, link = MakefsImage.Find(good.Open(), "link").Number, sub = MakefsImage.Find(good.Open(), "sub").Number;
        Names($"inode {target}", "fragment 99999999", i => i.PutPointer(i.PointerAt(target, 2), 99_999_999), f => f.DataRuns(f.ReadInode(target)!).Count());
        Names($"inode {target}", "fragment -5", i => i.PutPointer(i.PointerAt(target, 2), -5), f => f.Read(f.ReadInode(target)!, 0, new byte[80_000]));
        Names($"inode {target}", "indirect", i => i.PutPointer(i.PointerAt(target, 12), long.MaxValue), f => f.Read(f.ReadInode(target)!, 0, new byte[80_000]));
        Names($"inode {target}", "size of -1", i => i.PutSize(target, -1), f => f.ReadInode(target));
        Names($"inode {target}", "mode 30644", i => i.Put(i.InodeAt(target), 0x31A4, 2), f => f.ReadInode(target));
        Names($"inode {target}", "extended attributes", i => i.Put(i.InodeAt(target) + 92, 1 << 30, 4), f => f.ReadAttributes(f.ReadInode(target)!));
        Names($"inode {link}", "symbolic link of 100000", i => i.PutSize(link, 100_000), f => f.ReadLink(f.ReadInode(link)!));
        Names($"inode {sub}", "directory of 513", i => i.PutSize(sub, 513), f => f.ReadDirectory(f.ReadInode(sub)!).Count());
        Names($"inode {sub}", "byte 12: an entry of 3", i => i.Put((int)i.Pointer(i.PointerAt(sub, 0)) * i.FragmentBytes + 16, 3, 2), f => f.ReadDirectory(f.ReadInode(sub)!).Count());
        Names($"inode {sub}", "a name of inode", i => i.Put((int)i.Pointer(i.PointerAt(sub, 0)) * i.FragmentBytes + 12, -1, 4), f => f.ReadDirectory(f.ReadInode(sub)!).Count());
        Names("cylinder group 0", "no mark", i => i.Put(GroupAt(i) + 4, 0, 4), f => f.IsAllocated(target));
        Names("cylinder group 0", "group 7", i => i.Put(GroupAt(i) + 12, 7, 4), f => f.IsAllocated(target));
        Names("cylinder group 0", "map of inodes", i => i.Put(GroupAt(i) + 92, 4090, 4), f => f.IsAllocated(target));
        Names("superblock", "block of 12345", i => i.Put(i.SuperblockAt + 48, 12345, 4), f => f.ReadInode(2));
        Names("superblock", "groups", i => i.Put(i.SuperblockAt + 44, 1 << 30, 4), f => f.ReadInode(2));

        // The head of a group costs no inode.
        using MakefsImage headless = good.Copy();
        headless.Put(GroupAt(headless) + 4, 0, 4);
        Assert.NotNull(headless.Open().ReadInode(target));

        void Names(string who, string what, Action<MakefsImage> harm, Action<UfsFileSystem> read)
        {
            using MakefsImage image = good.Copy();
            harm(image);
            DamagedException damage = Assert.Throws<DamagedException>(() =>
            {
                using UfsFileSystem fileSystem = image.Open();
                read(fileSystem);
            });
            Assert.Contains("test.ufs", damage.Message);
            Assert.Contains(who, damage.Message);
            Assert.Contains(what, damage.Message);
        }
    }

    [SkippableTheory]
    [InlineData(1, "le")]
    [InlineData(2, "be")]
    public void Thousands_of_mutated_images_give_errors_that_name_the_source(int version, string order)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using MakefsImage good = tree.SmallImage(version, order);
        // Where metadata lies: the superblock, the head of the group, inodes, directories, trees of pointers.
        (int At, int Bytes)[] places =
        [
            (good.SuperblockAt, 1376), (good.SuperblockAt + 8, 192), (GroupAt(good), 512), (good.InodeAt(2), 16 * 128 * version), (good.InodeAt(2), 16 * 128 * version),
            ((int)good.Pointer(good.PointerAt(2, 0)) * good.FragmentBytes, 512),
            ((int)good.Pointer(good.PointerAt(MakefsImage.Find(good.Open(), "target").Number, 12)) * good.FragmentBytes, 256),
        ];
        int damaged = 0;
        for (int turn = 0; turn < 2000; turn++)
        {
            using MakefsImage image = good.Copy();
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                (int at, int bytes) = places[random.Next(places.Length)];
                int where = at + random.Next(bytes);
                switch (random.Next(3))
                {
                    case 0: image.Bytes[where] ^= (byte)(1 << random.Next(8)); break;
                    case 1: image.Bytes[where] = (byte)random.Next(256); break;
                    default: image.Put(where & ~3, random.Next(4) switch { 0 => -1, 1 => int.MaxValue, 2 => random.Next(300), _ => random.Next() }, 4); break;
                }
            }
            var work = new ThreadTime();
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                damaged += Walk(image);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, turn {turn}", e);
            }
            long bytesUsed = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(work.Elapsed < TimeSpan.FromSeconds(5), $"seed {seed}, turn {turn}: {work.Elapsed}");
            Assert.True(bytesUsed < 64 << 20, $"seed {seed}, turn {turn}: {bytesUsed} bytes");
        }
        Assert.InRange(damaged, 100, int.MaxValue);
    }

    /// <summary>Reads everything there is; gives how often damage was told.</summary>
    private static int Walk(MakefsImage image)
    {
        int damaged = 0;
        UfsFileSystem? fileSystem = null;
        Told(() => fileSystem = UfsFileSystem.Open(image));
        if (fileSystem is null) return damaged;
        byte[] part = new byte[30_000];
        for (uint number = 0; number <= Math.Min(fileSystem.MaxInode, 2000); number++)
        {
            Inode? inode = null;
            Told(() => fileSystem.IsAllocated(number));
            Told(() => inode = fileSystem.ReadInode(number));
            if (inode is null) continue;
            Told(() => fileSystem.DataRuns(inode).Take(100_000).Count());
            Told(() => fileSystem.Read(inode, 0, part));
            Told(() => fileSystem.Read(inode, Math.Max(0, inode.SizeBytes - 10_000), part));
            Told(() => fileSystem.ReadAttributes(inode));
            if (inode.Kind == InodeKind.Directory) Told(() => fileSystem.ReadDirectory(inode).Take(100_000).Count());
            if (inode.Kind == InodeKind.SymbolicLink) Told(() => fileSystem.ReadLink(inode));
        }
        return damaged;

        void Told(Action action)
        {
            try
            {
                action();
            }
            catch (DamagedException e)
            {
                Assert.Contains("test.ufs", e.Message);
                damaged++;
            }
        }
    }

    private static int GroupAt(MakefsImage image) => (int)UfsSuperblock.Read(image).GroupHead(0) * image.FragmentBytes;
}
