using Mirror.Core.Disks;
using Mirror.Driver.Disks;

namespace Mirror.Driver.Tests.Disks;

/// <summary>The listing of the real host, on devices made here.</summary>
public sealed class DiskCatalogTests
{
    private const string NeedsLoop = "needs root and loop devices";

    [SkippableFact]
    public void A_loop_disk_is_listed_and_found_by_number_name_and_any_path()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create((8 << 20) + 512);
        DiskCatalog catalog = DiskCatalog.Read();
        HostDisk disk = catalog.Find(loop.Path);
        Assert.Equal((loop.Name, loop.Path, HostDiskKind.Loop), (disk.Name, disk.Path, disk.Kind));
        Assert.Equal(((8 << 20) + 512, 512), (disk.SizeBytes, disk.LogicalBlockBytes));
        Assert.Equal(loop.File, disk.BackingFile);
        Assert.True(disk.IsRequestBased);
        Assert.True(disk.DiskSequence > 0);
        Assert.Same(disk, catalog.Find(loop.Name));
        Assert.Same(disk, catalog.Find(disk.Number!.Value.ToString()));
        string link = Path.Combine(Path.GetTempPath(), $"disk-test-{Guid.NewGuid():N}");
        File.CreateSymbolicLink(link, loop.Path);
        try
        {
            Assert.Same(disk, catalog.Find(link));
        }
        finally
        {
            File.Delete(link);
        }
    }

    [SkippableFact]
    public void Loop_devices_without_a_file_and_devices_without_capacity_are_left_out()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        LoopDisk loop = LoopDisk.Create(1 << 20);
        string name = loop.Name;
        loop.Dispose();
        DiskCatalog catalog = DiskCatalog.Read();
        // The device may have been taken again meanwhile, by somebody else's file.
        Assert.DoesNotContain(catalog.Disks, disk => disk.Name == name && disk.BackingFile!.StartsWith(loop.File, StringComparison.Ordinal));
        Assert.All(catalog.Disks, disk => Assert.True(disk.SizeBytes > 0));
        Assert.All(catalog.Disks, disk => Assert.True(disk.Kind != HostDiskKind.Loop || disk.BackingFile is not null));
        Assert.Equal(Enumerable.Range(1, catalog.Disks.Count(disk => disk.Number is not null)), catalog.Disks.Select(disk => disk.Number).OfType<int>());
    }

    [SkippableFact]
    public void What_is_not_there_is_answered_with_what_is()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(1 << 20);
        DiskCatalog catalog = DiskCatalog.Read();
        foreach (string wrong in (string[])["0", "4711", "sdzz", "/dev/nothing", "/etc/passwd", "/dev/null", ""])
            Assert.Contains(loop.Path, Assert.Throws<DiskNotFoundException>(() => catalog.Find(wrong)).Message);
    }

    [SkippableFact]
    public void The_same_file_attached_again_is_the_same_disk_and_another_attachment()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk first = LoopDisk.Create(1 << 20);
        DiskIdentity identity;
        string attachment;
        using (DirectDisk disk = DirectDisk.Open(first.Path))
        {
            (identity, attachment) = (disk.Identity, disk.Attachment);
            using DirectDisk again = DirectDisk.Open(first.Path);
            Assert.Equal(identity, again.Identity);
            Assert.Equal(attachment, again.Attachment);
        }
        Assert.NotEqual("", attachment);
        first.Detach();
        using LoopDisk second = LoopDisk.Attach(first.File);
        using (DirectDisk disk = DirectDisk.Open(second.Path))
        {
            Assert.Equal(identity, disk.Identity);
            Assert.NotEqual(attachment, disk.Attachment);
        }
    }

    [SkippableFact]
    public void Another_file_behind_the_same_loop_number_is_another_disk()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        string path;
        DiskIdentity identity;
        using (LoopDisk first = LoopDisk.Create(1 << 20))
        {
            path = first.Path;
            using DirectDisk disk = DirectDisk.Open(path);
            identity = disk.Identity;
        }
        string file = $"/dev/shm/disk-test-{Guid.NewGuid():N}.img";
        File.WriteAllBytes(file, new byte[1 << 20]);
        try
        {
            try
            {
                Shell.Run($"losetup {path} {file}");
            }
            catch (InvalidOperationException e)
            {
                Skip.If(true, $"somebody else took {path}: {e.Message}");
            }
            try
            {
                using DirectDisk disk = DirectDisk.Open(path);
                Assert.NotEqual(identity.Text, disk.Identity.Text);
            }
            finally
            {
                Shell.Run($"losetup -d {path}");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableFact]
    public void Partitions_carry_uuid_start_and_parent_and_their_mounts_show_on_the_disk()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(64 << 20);
        using (var stream = new FileStream(loop.File, FileMode.Open))
            stream.Write(PartitionTableTests.Mbr(0xCAFE0001, (1, 2048, 32768), (2, 40960, 65536)));
        Shell.Run($"partx -a {loop.Path}");
        string mount = Directory.CreateTempSubdirectory("disk test ").FullName;
        try
        {
            DiskCatalog catalog = DiskCatalog.Read();
            HostDisk whole = catalog.Find(loop.Name), second = catalog.Find(loop.Path + "p2");
            Assert.Equal((HostDiskKind.Partition, 2, 40960, 32 << 20), (second.Kind, second.PartitionNumber, second.StartSector, second.SizeBytes));
            Assert.Equal(("cafe0001-02", loop.Name), (second.PartitionUuid, second.Parent));
            Assert.Equal(whole.DiskSequence, second.DiskSequence);
            Assert.Null(second.Number);
            int at = catalog.Disks.ToList().IndexOf(whole);
            Assert.Equal([loop.Name + "p1", loop.Name + "p2"], catalog.Disks.Skip(at + 1).Take(2).Select(disk => disk.Name));

            using DirectDisk one = DirectDisk.Open(loop.Path + "p1"), two = DirectDisk.Open(loop.Path + "p2"), all = DirectDisk.Open(loop.Path);
            Assert.Equal(3, new[] { one.Identity.Text, two.Identity.Text, all.Identity.Text }.Distinct().Count());
            Assert.Equal(3, new[] { one.Attachment, two.Attachment, all.Attachment }.Distinct().Count());
            Assert.Contains("start=40960", two.Attachment);

            Shell.Run($"mke2fs -q -F -t ext4 {loop.Path}p2");
            Shell.Run($"mount {loop.Path}p2 '{mount}'");
            try
            {
                catalog = DiskCatalog.Read();
                var expected = new DiskUse(DiskUseKind.Mount, mount, "ext4", loop.Name + "p2");
                Assert.Equal([expected], catalog.Find(loop.Name).Uses);
                Assert.Equal([expected], catalog.Find(loop.Name + "p2").Uses);
                Assert.Empty(catalog.Find(loop.Name + "p1").Uses);

                // A file there lies on the partition, on the disk, and on whatever holds the loop device's own file.
                Assert.True(catalog.TryFindDisksOfPath(Path.Combine(mount, "not/yet/there"), out IReadOnlyList<HostDisk> under));
                Assert.Equal([loop.Name + "p2", loop.Name], under.Select(disk => disk.Name));
                Assert.True(catalog.TryFindDisksOfPath(loop.Path + "p1", out under));
                Assert.Equal([loop.Name + "p1", loop.Name], under.Select(disk => disk.Name));
                if (all.Identity.Machine != Guid.Empty)
                {
                    Assert.True(catalog.LiesOn(Path.Combine(mount, "store"), all.Identity));
                    Assert.True(catalog.LiesOn(mount, two.Identity));
                    Assert.False(catalog.LiesOn(mount, one.Identity));
                    Assert.False(catalog.LiesOn(mount, all.Identity with { Machine = Guid.NewGuid() }));
                    Assert.False(catalog.LiesOn("/dev/shm", all.Identity));
                }
            }
            finally
            {
                Shell.Run($"umount '{mount}'");
            }
        }
        finally
        {
            Directory.Delete(mount);
            Shell.Run($"partx -d {loop.Path}");
        }
    }

    [SkippableFact]
    public void A_loop_device_over_a_file_on_a_disk_lies_on_that_disk_too()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk outer = LoopDisk.Create(32 << 20);
        string mount = Directory.CreateTempSubdirectory("disk-test-").FullName;
        Shell.Run($"mke2fs -q -F -t ext4 {outer.Path}");
        Shell.Run($"mount {outer.Path} {mount}");
        try
        {
            string file = Path.Combine(mount, "inner.img");
            File.WriteAllBytes(file, new byte[1 << 20]);
            using LoopDisk inner = LoopDisk.Attach(file);
            Assert.True(DiskCatalog.Read().TryFindDisksOfPath(inner.Path, out IReadOnlyList<HostDisk> under));
            Assert.Equal([inner.Name, outer.Name], under.Select(disk => disk.Name));
        }
        finally
        {
            Shell.Run($"umount {mount}");
            Directory.Delete(mount);
        }
    }

    [SkippableFact]
    public void Swap_shows_as_use()
    {
        Skip.IfNot(LoopDisk.Possible, NeedsLoop);
        using LoopDisk loop = LoopDisk.Create(4 << 20);
        try
        {
            Shell.Run($"mkswap {loop.Path}");
            Shell.Run($"swapon {loop.Path}");
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "no swap on this machine: " + e.Message);
        }
        try
        {
            HostDisk disk = DiskCatalog.Read().Find(loop.Path);
            Assert.True(disk.HasSwap);
            Assert.Equal([new DiskUse(DiskUseKind.Swap, loop.Path, "swap", loop.Name)], disk.Uses);
        }
        finally
        {
            Shell.Run($"swapoff {loop.Path}");
        }
    }

    [Fact]
    public void A_disk_that_goes_while_the_others_are_read_is_left_out()
    {
        Assert.Null(SysBlock.Read(HostPaths.System, "loop4711p2"));
        Assert.Empty(HostPaths.Names("/sys/class/block/loop4711p2/holders"));
    }

    [SkippableFact]
    public async Task A_zram_disk_is_bio_based_and_readable()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess && File.Exists("/sys/class/zram-control/hot_add"), "needs root and zram");
        string number = File.ReadAllText("/sys/class/zram-control/hot_add").Trim();
        try
        {
            File.WriteAllText($"/sys/block/zram{number}/disksize", "8388608");
            HostDisk disk = DiskCatalog.Read().Find("zram" + number);
            Assert.Equal((HostDiskKind.Memory, false, 8L << 20, 4096), (disk.Kind, disk.IsRequestBased, disk.SizeBytes, disk.LogicalBlockBytes));
            using DirectDisk direct = DirectDisk.Open(disk.Path);
            Memory<byte> memory = Core.Blocks.AlignedMemory.Allocate(65536);
            memory.Span.Fill(1);
            await direct.ReadAsync((8 << 20) - 65536, memory, default);
            Assert.True(memory.Span.IndexOfAnyExcept((byte)0) < 0);
            Assert.Equal("name=zram" + number, direct.Identity.Text);
            Assert.NotEqual("", direct.Attachment);
        }
        finally
        {
            File.WriteAllText("/sys/class/zram-control/hot_remove", number);
        }
    }
}
