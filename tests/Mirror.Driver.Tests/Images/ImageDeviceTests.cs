using Mirror.Core.Disks;
using Mirror.Core.Store;
using Mirror.Driver.Disks;
using Mirror.Driver.Images;
using Mirror.Driver.Tests.Disks;

namespace Mirror.Driver.Tests.Images;

public sealed class ImageDeviceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ImageFiles _files = new();

    public void Dispose() => _directory.Dispose();

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_blank_device_is_an_image(int sectorBytes)
    {
        Skip.IfNot(LoopDisk.Possible, "needs root and loop devices");
        using LoopDisk loop = LoopDisk.CreateBlank(16 << 20, sectorBytes);
        byte[] model = new byte[16 << 20];
        using (IImageFile image = _files.Open(loop.Path, ImageOpenMode.New))
        {
            Assert.True(image.IsDevice);
            Assert.Equal(16 << 20, image.SizeBytes);
            new Random(1).NextBytes(model);
            image.Write(0, model);
            image.Flush();
            foreach ((int offset, int length) in (IEnumerable<(int, int)>)[(512, 512), (1 << 20, 4 << 20), ((8 << 20) + 512, 9 * 512), ((16 << 20) - 1024, 1024)])
            {
                image.Zero(offset, length);
                model.AsSpan(offset, length).Clear();
            }
            image.Write(1536, model.AsSpan(1536, 512));
            image.Flush();
            byte[] back = new byte[model.Length];
            image.Read(0, back);
            Assert.True(model.AsSpan().SequenceEqual(back));
            Assert.Throws<StoreUnusableException>(() => image.SetSize(17 << 20));
            Assert.Throws<ArgumentOutOfRangeException>(() => image.Write((16 << 20) - 256, new byte[512]));
        }
        Assert.True(model.AsSpan().SequenceEqual(File.ReadAllBytes(loop.Path)));
    }

    [SkippableFact]
    public void A_device_with_a_file_system_is_refused_by_name_unless_forced()
    {
        Skip.IfNot(LoopDisk.Possible && File.Exists("/usr/sbin/mkfs.ext4"), "needs root, loop devices and mkfs.ext4");
        using LoopDisk loop = LoopDisk.CreateBlank(16 << 20);
        Shell.Run($"/usr/sbin/mkfs.ext4 -q -L photos {loop.Path}");
        byte[] before = File.ReadAllBytes(loop.Path);
        string message = Assert.Throws<StoreUnusableException>(() => _files.Open(loop.Path, ImageOpenMode.New)).Message;
        Assert.Contains(loop.Path, message, StringComparison.Ordinal);
        Assert.Contains("ext4", message, StringComparison.Ordinal);
        Assert.Contains("photos", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(loop.Path));
        _files.Open(loop.Path, ImageOpenMode.NewForced).Dispose();
        _files.Open(loop.Path, ImageOpenMode.Existing).Dispose();   // a volume's own image carries the mirrored file system
    }

    [SkippableFact]
    public void A_partition_table_counts_as_content()
    {
        Skip.IfNot(LoopDisk.Possible, "needs root and loop devices");
        using LoopDisk loop = LoopDisk.CreateBlank(16 << 20);
        byte[] table = new byte[512];
        table[446 + 4] = 0x83;              // a Linux partition
        table[446 + 9] = 2048 >> 8;         // from sector 2048
        table[446 + 13] = 8192 >> 8;        // of 8192 sectors
        (table[510], table[511]) = (0x55, 0xaa);
        using (FileStream device = File.OpenWrite(loop.Path)) device.Write(table);
        Assert.Contains("partition table", Assert.Throws<StoreUnusableException>(() => _files.Open(loop.Path, ImageOpenMode.New)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_mounted_device_is_refused_even_when_forced()
    {
        Skip.IfNot(LoopDisk.Possible && File.Exists("/usr/sbin/mkfs.ext4"), "needs root, loop devices and mkfs.ext4");
        using LoopDisk loop = LoopDisk.CreateBlank(16 << 20);
        Shell.Run($"/usr/sbin/mkfs.ext4 -q {loop.Path}");
        string mount = _directory.At("mnt");
        Directory.CreateDirectory(mount);
        Shell.Run($"mount {loop.Path} {mount}");
        try
        {
            Assert.Contains(loop.Path, Assert.Throws<StoreInUseException>(() => _files.Open(loop.Path, ImageOpenMode.NewForced)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run($"umount {mount}");
        }
    }

    [SkippableFact]
    public void A_device_image_cannot_be_opened_twice()
    {
        Skip.IfNot(LoopDisk.Possible, "needs root and loop devices");
        using LoopDisk loop = LoopDisk.CreateBlank(4 << 20);
        using IImageFile image = _files.Open(loop.Path, ImageOpenMode.New);
        Assert.Throws<StoreInUseException>(() => _files.Open(loop.Path, ImageOpenMode.Existing));
    }

    [SkippableFact]
    public void A_store_on_the_mirrored_disk_is_found_out()
    {
        Skip.IfNot(LoopDisk.Possible && File.Exists("/usr/sbin/mkfs.ext4"), "needs root, loop devices and mkfs.ext4");
        using LoopDisk loop = LoopDisk.CreateBlank(16 << 20);
        Shell.Run($"/usr/sbin/mkfs.ext4 -q {loop.Path}");
        string mount = _directory.At("mnt");
        Directory.CreateDirectory(mount);
        Shell.Run($"mount {loop.Path} {mount}");
        try
        {
            using DirectDisk disk = DirectDisk.Open(loop.Path);
            var place = new StorePlace();
            Skip.If(disk.Identity.Machine == Guid.Empty, "this machine has no machine id");
            Assert.Contains(disk.Identity.Text, place.WhyOnDisk(Path.Combine(mount, "store/v/image"), disk.Identity), StringComparison.Ordinal);
            Assert.Null(place.WhyOnDisk(_directory.At("store/v/image"), disk.Identity));
            Assert.Null(place.WhyOnDisk(Path.Combine(mount, "store"), new DiskIdentity(disk.Identity.Text, Guid.NewGuid())));
        }
        finally
        {
            Shell.Run($"umount {mount}");
        }
    }

    [SkippableFact]
    public void A_client_of_another_machine_costs_no_listing_of_disks()
    {
        int listed = 0;
        var place = new StorePlace(() => { listed++; return DiskCatalog.Read(); });
        Assert.Null(place.WhyOnDisk(_directory.At("store"), new DiskIdentity("a disk", Guid.NewGuid())));
        Assert.Null(place.WhyOnDisk(_directory.At("store"), new DiskIdentity("a disk", Guid.Empty)));
        Assert.Equal(0, listed);
        Guid own = HostPaths.System.MachineId();
        Skip.If(own == Guid.Empty, "this machine has no machine id");
        Assert.Null(place.WhyOnDisk(_directory.At("store"), new DiskIdentity("a disk", own)));
        Assert.Equal(1, listed);
    }
}
