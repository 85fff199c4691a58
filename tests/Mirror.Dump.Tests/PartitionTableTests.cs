using Mirror.Dump.FileSystems;
using Mirror.Dump.Tests.Ext;
using Mirror.Dump.Tests.Trees;

namespace Mirror.Dump.Tests;

/// <summary>File systems in partitions and on block devices.</summary>
public sealed class PartitionTableTests
{
    [SkippableTheory]
    [InlineData("label: dos\n2048,8192\n10240,8192,L,*\n20480,60000,E\n22528,8192\n32768,16384\n", new[] { 1, 2, 5, 6 }, 6, 32768L)]
    [InlineData("label: gpt\n2048,8192,L,,\n10240,32768\n", new[] { 1, 2 }, 2, 10240L)]
    public void A_file_system_is_found_by_the_number_of_its_partition(string table, int[] numbers, int number, long sector)
    {
        Needs.Programs("sfdisk");
        using var image = ExtImage.Make(8 << 20, "-t ext4 -b 1024 -L inside", directory => File.WriteAllText(Path.Combine(directory, "file"), "x"));
        byte[] disk = MakeDisk(image, table);
        File.ReadAllBytes(image.File).CopyTo(disk, sector * 512);
        File.WriteAllBytes(image.File, disk);
        using (var source = FileBlockSource.Open(image.File)) Assert.Equal(numbers, PartitionTable.Read(source).Select(p => p.Number));
        using var fileSystem = FileSystem.Open(image.File, number);
        Assert.Equal("inside", fileSystem.Label);
        Assert.Contains($"partition {number}", fileSystem.SourceName);
        Assert.Contains(fileSystem.ReadDirectory(fileSystem.ReadInode(2)!), e => e.Name.Span.SequenceEqual("file"u8));
        Assert.Contains("has no partition 9; it has", Assert.Throws<DamagedException>(() => FileSystem.Open(image.File, 9)).Message);
        Assert.Contains("name one of them by its number", Assert.Throws<DamagedException>(() => FileSystem.Open(image.File)).Message);
    }

    [SkippableFact]
    public void A_damaged_gpt_is_read_from_its_backup_and_two_damaged_copies_are_refused()
    {
        Needs.Programs("sfdisk");
        using var image = ExtImage.Make(8 << 20, "-t ext4 -b 1024");
        byte[] disk = MakeDisk(image, "label: gpt\n2048,8192\n10240,32768\n");
        disk[512 + 40] ^= 1;
        Assert.Equal(2, PartitionTable.Read(new ArrayBlockSource(disk)).Count);
        disk[^(512 - 40)] ^= 1;
        Assert.Contains("neither copy of it is whole", Assert.Throws<DamagedException>(() => PartitionTable.Read(new ArrayBlockSource(disk))).Message);
    }

    [SkippableFact]
    public void Changed_tables_give_damage_and_nothing_else()
    {
        Needs.Programs("sfdisk");
        using var image = ExtImage.Make(8 << 20, "-t ext4 -b 1024");
        foreach (string table in (string[])["label: dos\n2048,8192\n20480,60000,E\n22528,8192\n32768,16384\n", "label: gpt\n2048,8192\n10240,32768\n"])
        {
            byte[] disk = MakeDisk(image, table);
            int[] sectors = [0, 1, 2, 20480, 30720];
            for (int round = 0; round < 800; round++)
            {
                var random = new Random(round);
                var undo = new List<(int At, byte Value)>();
                for (int i = 0; i < 4; i++)
                {
                    int at = sectors[random.Next(sectors.Length)] * 512 + 440 + random.Next(72);
                    if (random.Next(2) == 0) at = sectors[random.Next(sectors.Length)] * 512 + random.Next(100);
                    undo.Add((at, disk[at]));
                    disk[at] = (byte)random.Next(256);
                }
                try
                {
                    foreach (var partition in PartitionTable.Read(new ArrayBlockSource(disk)))
                        Assert.True(partition.OffsetBytes > 0 && partition.SizeBytes > 0 && partition.OffsetBytes + partition.SizeBytes <= disk.Length, $"round {round}: {partition}");
                }
                catch (DamagedException)
                {
                }
                for (int i = undo.Count - 1; i >= 0; i--) disk[undo[i].At] = undo[i].Value;
            }
        }
    }

    [SkippableFact]
    public void A_block_device_is_read_to_its_very_end()
    {
        Needs.Mounts();
        Needs.Programs("losetup");
        using var image = ExtImage.Make((8 << 20) + 512 * 3, "-t ext4 -b 1024 -L device");
        string device = Shell.AttachLoop("-r", image.File);
        try
        {
            using var source = FileBlockSource.Open(device);
            Assert.Equal((8 << 20) + 512 * 3, source.SizeBytes);
            using var fileSystem = FileSystem.Open(device);
            Assert.Equal("device", fileSystem.Label);
        }
        finally
        {
            Shell.Run("losetup", "-d", device);
        }
    }

    [Fact]
    public void What_is_no_file_system_is_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Contains("no file system", Assert.Throws<DamagedException>(() => FileSystem.Open(path)).Message);
            File.WriteAllBytes(path, new byte[100_000]);
            Assert.Contains("no file system", Assert.Throws<DamagedException>(() => FileSystem.Open(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.ThrowsAny<IOException>(() => FileSystem.Open("/nowhere/at/all"));
    }

    private static byte[] MakeDisk(ExtImage image, string table)
    {
        string file = image.File + ".disk", script = image.File + ".table";
        File.WriteAllText(script, table);
        using (var stream = File.Create(file)) stream.SetLength(48 << 20);
        Shell.Script($"sfdisk -q '{file}' <'{script}'");
        return File.ReadAllBytes(file);
    }
}
