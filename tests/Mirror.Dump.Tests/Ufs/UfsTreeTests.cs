using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ufs;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ufs;

/// <summary>Images of makefs hold what the directory holds that they were made of.</summary>
public sealed class UfsTreeTests(UfsTree tree) : IClassFixture<UfsTree>
{
    [SkippableTheory]
    [InlineData(1, "le", 4096, 512)]
    [InlineData(1, "be", 8192, 1024)]
    [InlineData(1, "be", 4096, 4096)]
    [InlineData(2, "le", 16384, 2048)]
    [InlineData(2, "be", 4096, 512)]
    [InlineData(2, "be", 65536, 8192)]
    [InlineData(2, "le", 8192, 4096)]
    public void An_image_is_its_tree(int version, string order, int blockBytes, int fragmentBytes)
    {
        using MakefsImage image = MakefsImage.Make(tree.Needed().Whole, version, order, blockBytes, fragmentBytes);
        using IFileSystem fileSystem = FileSystem.Open(image);
        Assert.Equal((version == 1 ? FileSystemKind.Ufs1 : FileSystemKind.Ufs2, blockBytes, fragmentBytes), (fileSystem.Kind, fileSystem.BlockBytes, fileSystem.FragmentBytes));
        Assert.Empty(fileSystem.Notes);
        int compared = TreeComparison.WithSource(tree.Whole, fileSystem);
        Assert.True(compared > 500);

        // Walking all inodes finds each one that a name leads to, with as many links as names.
        var names = new Dictionary<uint, uint>();
        Count(fileSystem, fileSystem.ReadInode(2)!, names);
        var inodes = new List<Inode>();
        for (uint number = 0; number <= fileSystem.MaxInode; number++)
        {
            if (fileSystem.IsAllocated(number) && fileSystem.ReadInode(number) is { } inode) inodes.Add(inode);
        }
        Assert.Equal(names.Keys.Order(), inodes.Select(i => i.Number));
        Assert.All(inodes.Where(i => i.Kind != InodeKind.Directory), i => Assert.Equal(names[i.Number], i.Links));
        // Storage is what the runs hold, in fragments, and the blocks of pointers.
        Inode large = inodes.Single(i => i.SizeBytes == 6 << 20 && i.Kind == InodeKind.File);
        long data = fileSystem.DataRuns(large).Sum(r => r.Length);
        Assert.Equal(6 << 20, data);
        Assert.InRange(large.AllocatedBytes, data + 1, data + 16 * blockBytes);
    }

    [SkippableTheory]
    [InlineData(1, "be")]
    [InlineData(2, "le")]
    public void Device_nodes_and_owners_come_from_a_specification_without_root(int version, string order)
    {
        string specification = Path.Combine(tree.Needed().Root!, $"spec-{version}");
        File.WriteAllText(specification, """
            #mtree
            . type=dir uname=root gname=root mode=0755
            ./null type=char device=netbsd,2,3 uid=7 gid=8 mode=0620 time=1000000.0
            ./disk type=block device=netbsd,300,70000 uid=0 gid=0 mode=0600
            ./f0 type=file uid=4000000000 gid=12 mode=0640
            """);
        string small = Directory.CreateDirectory(Path.Combine(tree.Root!, $"few-{version}")).FullName;
        File.WriteAllText(Path.Combine(small, "f0"), "f0");
        using MakefsImage image = MakefsImage.Make(small, version, order, 8192, 1024, "-M", "1m", "-F", specification);
        using UfsFileSystem fileSystem = image.Open();
        Inode nul = MakefsImage.Find(fileSystem, "null"), disk = MakefsImage.Find(fileSystem, "disk"), file = MakefsImage.Find(fileSystem, "f0");
        Assert.Equal((InodeKind.CharacterDevice, 2u, 3u, 7u, 8u, 0x2190), (nul.Kind, nul.DeviceMajor, nul.DeviceMinor, nul.UserId, nul.GroupId, nul.Mode));
        Assert.Equal(1_000_000, nul.Modified.Seconds);
        Assert.Equal((InodeKind.BlockDevice, 300u, 70_000u), (disk.Kind, disk.DeviceMajor, disk.DeviceMinor));
        Assert.Equal((4_000_000_000u, 12u, 0x81A0), (file.UserId, file.GroupId, file.Mode));
        Assert.Empty(fileSystem.DataRuns(nul));
    }

    [SkippableFact]
    public void Several_threads_read_at_once()
    {
        using MakefsImage image = MakefsImage.Make(tree.Needed().Whole, 2, "be", 4096, 512);
        using UfsFileSystem fileSystem = image.Open();
        Inode large = MakefsImage.Find(fileSystem, "double");
        byte[] due = File.ReadAllBytes(Path.Combine(tree.Whole, "double"));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            var random = new Random(thread);
            byte[] part = new byte[20_000];
            for (int i = 0; i < 200; i++)
            {
                int at = random.Next(due.Length);
                int got = fileSystem.Read(large, at, part);
                Assert.True(due.AsSpan(at, got).SequenceEqual(part.AsSpan(0, got)));
                Assert.Equal(Math.Min(part.Length, due.Length - at), got);
            }
        });
    }

    private static void Count(IFileSystem fileSystem, Inode directory, Dictionary<uint, uint> names)
    {
        names.TryAdd(directory.Number, 0);
        foreach (DirectoryEntry entry in fileSystem.ReadDirectory(directory))
        {
            if (entry.Name.Span is [(byte)'.'] or [(byte)'.', (byte)'.']) continue;
            names[entry.Number] = names.GetValueOrDefault(entry.Number) + 1;
            if (fileSystem.ReadInode(entry.Number) is { Kind: InodeKind.Directory } below) Count(fileSystem, below, names);
        }
    }
}
