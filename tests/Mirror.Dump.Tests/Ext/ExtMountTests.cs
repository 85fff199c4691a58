using Mirror.Dump.FileSystems;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>Each kind of ext file system, filled through a mount, read from the image, and compared with what a mount shows.</summary>
public sealed class ExtMountTests
{
    [SkippableTheory]
    [InlineData("-t ext4", "Ext4")]
    [InlineData("-t ext4 -b 1024", "Ext4")]
    [InlineData("-t ext4 -b 2048 -O ^64bit", "Ext4")]
    [InlineData("-t ext4 -O ^metadata_csum,uninit_bg", "Ext4")]
    [InlineData("-t ext4 -O ^metadata_csum,^64bit,uninit_bg -b 1024 -g 2048", "Ext4")]
    [InlineData("-t ext4 -I 128 -O ^extra_isize", "Ext4")]
    [InlineData("-t ext4 -I 1024 -O inline_data,ea_inode,large_dir", "Ext4")]
    [InlineData("-t ext4 -O inline_data", "Ext4")]
    [InlineData("-t ext4 -b 1024 -O inline_data,ea_inode,metadata_csum_seed,orphan_file", "Ext4")]
    [InlineData("-t ext4 -O ea_inode,^metadata_csum", "Ext4")]
    [InlineData("-t ext4 -O bigalloc -C 65536", "Ext4")]
    [InlineData("-t ext4 -O bigalloc,meta_bg,^resize_inode -b 1024 -C 16384", "Ext4")]
    [InlineData("-t ext4 -O meta_bg,^resize_inode,^flex_bg -b 1024 -g 1024", "Ext4")]
    [InlineData("-t ext4 -O sparse_super2,^resize_inode -b 1024", "Ext4")]
    [InlineData("-t ext4 -O ^sparse_super,^resize_inode,^flex_bg -b 1024 -g 4096", "Ext4")]
    [InlineData("-t ext4 -O ^extents,^64bit -b 1024", "Ext4")]
    [InlineData("-t ext4 -O ^has_journal,mmp,verity,encrypt", "Ext4")]
    [InlineData("-t ext4 -O ^filetype,^dir_index -b 1024", "Ext4")]
    [InlineData("-t ext3 -b 1024", "Ext3")]
    [InlineData("-t ext3 -I 256", "Ext3")]
    [InlineData("-t ext2 -O ^dir_index -I 128 -b 4096", "Ext2")]
    [InlineData("-t ext2 -b 1024 -r 0", "Ext2")]
    public void What_is_read_is_what_a_mount_shows(string options, string kind)
    {
        Needs.Mounts();
        Needs.Programs("mke2fs", "fallocate");
        int block = options.Contains("-b 1024") ? 1024 : options.Contains("-b 2048") ? 2048 : 4096;
        using var image = ExtImage.Make(160 << 20, $"{options} -b {block} -L sample");
        using (var source = FileBlockSource.Open(image.File)) Assert.True(ExtFileSystem.IsPresent(source));
        image.Mount();
        var tree = new SampleTree(image.MountPoint, block).Files().Holes(parts: 700).Specials().Directories(names: 1500).Times();
        if (!options.Contains("-r 0")) tree.Attributes(large: block - 600);
        if (options.Contains("ea_inode")) tree.LongAttributes();
        if (options.Contains("ext4") && !options.Contains("^extents")) tree.Reserved();
        image.Unmount();
        image.Mount("ro");
        using var fileSystem = FileSystem.Open(image.File);
        Assert.Equal(Enum.Parse<FileSystemKind>(kind), fileSystem.Kind);
        Assert.Equal("sample", fileSystem.Label);
        Assert.Equal(block, fileSystem.BlockBytes);
        Assert.Empty(fileSystem.Notes);
        int count = TreeComparison.WithMount(image.MountPoint, fileSystem);
        Assert.True(count > 1300, $"{count} files were compared");
        Assert.Equal((uint)count, InodesInUse(fileSystem) + 3);
    }

    /// <summary>Inodes that a walk over all numbers finds; the three further names of a file with four are none.</summary>
    private static uint InodesInUse(IFileSystem fileSystem)
    {
        uint found = 0;
        for (uint i = 1; i <= fileSystem.MaxInode; i++)
        {
            if (fileSystem.IsAllocated(i) && fileSystem.ReadInode(i) is not null) found++;
        }
        return found;
    }
}
