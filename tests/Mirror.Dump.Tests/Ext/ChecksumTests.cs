using System.Buffers.Binary;
using Mirror.Dump.FileSystems.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests.Ext;

/// <summary>With checksums, one flipped bit in any metadata that is read is found out and named.</summary>
public sealed class ChecksumTests
{
    private const int Block = 1024;

    [SkippableTheory]
    [InlineData("-t ext4 -b 1024 -O ea_inode")]
    [InlineData("-t ext4 -b 1024 -O ea_inode,^64bit")]
    [InlineData("-t ext4 -b 1024 -O ea_inode,metadata_csum_seed")]
    public void One_flipped_bit_in_each_kind_of_metadata_is_found_out_and_named(string options)
    {
        Needs.Programs("e2fsck", "tune2fs");
        using var edited = new EditedImage(options, root => Populate(root, large: true), megabytes: 20, file =>
        {
            // Directories get hash trees; and with a seed of their own, sums survive another id.
            Shell.Script($"e2fsck -fyD '{file}' >/dev/null || [ $? -le 1 ]");
            if (options.Contains("seed")) Shell.Run("tune2fs", "-U", "random", file);
        });
        var volume = edited.Volume;
        var groups = new ExtGroupTable(volume);
        var content = new ExtContent(volume);
        var inodes = new ExtInodeTable(volume, groups);

        // A label has no other check.
        Flip(edited, 0x400 + 0x78, "ext superblock is damaged", "checksum");
        Flip(edited, 2 * Block + 0xE, "descriptor of group 0", "checksum");
        Flip(edited, (int)groups[0].InodeBitmap * Block + 5, "inode bitmap of group 0", "checksum");

        var (parts, at) = edited.Find("parts");
        Flip(edited, at + 0x10, $"inode {parts}", "checksum");
        Flip(edited, at + 0x88, $"inode {parts}", "checksum");
        uint node = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x28 + 12 + 4));
        Flip(edited, (int)node * Block + 12 + 8, $"inode {parts}: its extent tree, block {node}", "checksum");

        var (directory, _) = edited.Find("many");
        var record = inodes.Find(directory)!;
        Assert.True(record.Has(ExtInodeFlags.Index));
        // The root of the hash tree: what a walk does not use is checked all the same. Then a block with names.
        Flip(edited, (int)content.Find(record, 0).Block * Block + 0x28, $"inode {directory}: directory block 0", "checksum");
        Flip(edited, (int)content.Find(record, 3).Block * Block + 20, $"inode {directory}: directory block 3", "checksum");
        Flip(edited, (int)content.Find(record, 3).Block * Block + Block - 5, $"inode {directory}: directory block 3", "no checksum");

        var (attributes, _) = edited.Find("block");
        Flip(edited, (int)inodes.Find(attributes)!.AttributeBlock * Block + Block - 3, $"inode {attributes}: attributes in block", "checksum");
        var (large, _) = edited.Find("large");
        var entry = inodes.Find(BinaryPrimitives.ReadUInt32LittleEndian(Entry(edited, large)[4..]))!;
        Flip(edited, (int)content.Find(entry, 0).Block * Block + 100, $"inode {large}: attribute user.large, its value in inode {entry.Number}", "its sum is");
    }

    [SkippableFact]
    public void Sums_of_attributes_and_of_groups_are_checked_without_metadata_csum_too()
    {
        using var edited = new EditedImage("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg", root => Populate(root, large: false));
        var volume = edited.Volume;
        var groups = new ExtGroupTable(volume);
        Flip(edited, 2 * Block + 0xE, "descriptor of group 0", "checksum");
        var (attributes, _) = edited.Find("block");
        Flip(edited, (int)new ExtInodeTable(volume, groups).Find(attributes)!.AttributeBlock * Block + Block - 3, $"inode {attributes}: attribute user.block", "the sum of its value is wrong");
    }

    private static void Populate(string root, bool large)
    {
        byte[] block = new byte[Block];
        block.AsSpan().Fill(7);
        using (var file = File.Create(Path.Combine(root, "parts")))
        {
            for (int i = 0; i < 40; i++)
            {
                file.Position = i * 4L * Block;
                file.Write(block);
            }
        }
        string many = Directory.CreateDirectory(Path.Combine(root, "many")).FullName;
        for (int i = 0; i < 100; i++) File.WriteAllText(Path.Combine(many, $"name-{i}-{new string('n', 40)}"), "");
        foreach (var (name, size) in ((string, int)[])[("block", 700), ("large", 5000)])
        {
            File.WriteAllText(Path.Combine(root, name), "x");
            try
            {
                if (name != "large" || large) Native.SetAttribute(Path.Combine(root, name), $"user.{name}", Enumerable.Repeat((byte)3, size).ToArray());
            }
            catch (IOException)
            {
                Skip.If(true, "the temporary directory takes no attributes of users");
            }
        }
    }

    /// <summary>The only attribute of an inode, as its entry lies in the inode or in the block.</summary>
    private static ReadOnlySpan<byte> Entry(EditedImage edited, uint number)
    {
        int at = edited.OffsetOf(number);
        int extra = BinaryPrimitives.ReadUInt16LittleEndian(edited.Bytes.AsSpan(at + 0x80));
        uint block = BinaryPrimitives.ReadUInt32LittleEndian(edited.Bytes.AsSpan(at + 0x68));
        return edited.Bytes.AsSpan(block != 0 ? (int)block * Block + 32 : at + 128 + extra + 4, 32);
    }

    private static void Flip(EditedImage edited, int at, string place, string what)
    {
        edited.Bytes[at] ^= 0x04;
        try
        {
            List<string> damage;
            try
            {
                using var fileSystem = edited.Open();
                damage = WholeRead.Run(fileSystem, long.MaxValue).Damage;
            }
            catch (DamagedException e)
            {
                damage = [e.Message];
            }
            Assert.Contains(damage, m => m.Contains(place) && m.Contains(what));
        }
        finally
        {
            edited.Bytes[at] ^= 0x04;
        }
    }
}
