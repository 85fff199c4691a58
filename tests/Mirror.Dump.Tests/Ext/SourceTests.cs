using Mirror.Dump.FileSystems;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>File systems that this kernel may not mount, or that need no mount: filled by mke2fs -d, and compared with the directory they were filled from.</summary>
public sealed class SourceTests
{
    [SkippableTheory]
    [InlineData("-t ext4 -b 4096")]
    [InlineData("-t ext4 -b 65536")]
    [InlineData("-t ext4 -b 16384 -O inline_data,^metadata_csum")]
    [InlineData("-t ext4 -b 1024 -O casefold -E encoding=utf8")]
    [InlineData("-t ext4 -b 4096 -O quota,project")]
    [InlineData("-t ext2 -b 1024 -O ^dir_index,^filetype,^sparse_super,^resize_inode")]
    [InlineData("-t ext3 -b 2048")]
    public void What_is_read_is_what_the_image_was_filled_with(string options)
    {
        Needs.Programs("mke2fs", "fallocate");
        Skip.IfNot(Environment.UserName == "root", "needs root, to make device files");
        using var image = ExtImage.Make(96 << 20, options, directory =>
        {
            var tree = new SampleTree(directory, 4096).Files().Specials().Directories(names: 300);
            // Together with inline_data, mke2fs 1.47.0 gives files with holes a wrong size.
            if (!options.Contains("inline_data")) tree.Holes(parts: 100);
        });
        using var fileSystem = FileSystem.Open(image.File);
        Assert.Empty(fileSystem.Notes);
        int count = TreeComparison.WithSource(image.Scratch, fileSystem);
        Assert.True(count > 350, $"{count} files were compared");
        Assert.False(fileSystem.IsAllocated(3), "quota is the file system's own");
        Assert.False(fileSystem.IsAllocated(8), "the journal is the file system's own");
        Assert.Null(fileSystem.ReadInode(8));
    }

    [SkippableFact]
    public void Large_offsets_of_every_kind_of_map_are_found()
    {
        Needs.Mounts();
        foreach (string options in (string[])["-t ext2 -b 4096", "-t ext4 -b 4096"])
        {
            using var image = ExtImage.Make(64 << 20, options);
            image.Mount();
            // Behind the double indirect blocks' 4 GiB, so by way of three levels; and near the end of what ext2 takes.
            using (var file = File.Create(Path.Combine(image.MountPoint, "far")))
            {
                foreach (long at in (long[])[0, 48 << 10, 5L << 20, (4L << 30) + (4 << 20) + (48 << 10) - 5, 5L << 30, 1L << 40])
                {
                    file.Position = at;
                    file.Write("0123456789"u8);
                }
            }
            image.Unmount();
            image.Mount("ro");
            using var fileSystem = FileSystem.Open(image.File);
            TreeComparison.WithMount(image.MountPoint, fileSystem);
        }
    }

    [SkippableFact]
    public void An_encrypted_directory_is_refused_by_name_and_nothing_else_is()
    {
        Needs.Programs("debugfs");
        using var image = ExtImage.Make(16 << 20, "-t ext4 -b 1024 -O encrypt", directory =>
        {
            Directory.CreateDirectory(Path.Combine(directory, "secret", "below"));
            File.WriteAllText(Path.Combine(directory, "open"), "open");
            File.WriteAllText(Path.Combine(directory, "locked"), "locked");
        });
        Shell.Run("debugfs", "-w", "-R", "sif /secret flags 0x80800", image.File);
        Shell.Run("debugfs", "-w", "-R", "sif /locked flags 0x80800", image.File);
        using var fileSystem = FileSystem.Open(image.File);
        var names = fileSystem.ReadDirectory(fileSystem.ReadInode(2)!).ToDictionary(e => System.Text.Encoding.UTF8.GetString(e.Name.Span), e => fileSystem.ReadInode(e.Number)!);
        string message = Assert.Throws<UnsupportedException>(() => fileSystem.ReadDirectory(names["secret"])).Message;
        Assert.Contains($"inode {names["secret"].Number}: is encrypted", message);
        Assert.Throws<UnsupportedException>(() => fileSystem.DataRuns(names["locked"]));
        Assert.Throws<UnsupportedException>(() => fileSystem.Read(names["locked"], 0, new byte[5]));
        Assert.Equal(2, WholeRead.Run(fileSystem, 1 << 20).Damage.Distinct().Count());
        byte[] content = new byte[4];
        Assert.Equal(4, fileSystem.Read(names["open"], 0, content));
        Assert.Equal("open"u8.ToArray(), content);
    }

    [SkippableTheory]
    [InlineData(0x60, 0x1000u, "DirData")]
    [InlineData(0x60, 0x40000000u, "FEATURE_I30")]
    [InlineData(0x60, 0x1u, "Compression")]
    [InlineData(0x60, 0x8u, "external journal")]
    public void An_unknown_feature_is_refused_by_name(int field, uint bit, string name)
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum", _ => { });
        for (int i = 0; i < 4; i++) edited.Bytes[1024 + field + i] |= (byte)(bit >> 8 * i);
        Assert.Contains(name, Assert.Throws<UnsupportedException>(() => edited.Open()).Message);
    }

    [SkippableFact]
    public void A_feature_that_readers_may_pass_over_is_noted()
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum", _ => { });
        edited.Bytes[1024 + 0x64 + 3] |= 0x20;
        using var fileSystem = edited.Open();
        Assert.Contains("FEATURE_R29", Assert.Single(fileSystem.Notes));
    }

    [SkippableFact]
    public void An_image_that_was_cut_short_is_refused_with_its_size()
    {
        using var image = ExtImage.Make(16 << 20, "-t ext4 -b 1024");
        using (var file = File.OpenWrite(image.File)) file.SetLength(10 << 20);
        Assert.Contains("do not fit in the source's 10485760 bytes", Assert.Throws<DamagedException>(() => FileSystem.Open(image.File)).Message);
    }
}
