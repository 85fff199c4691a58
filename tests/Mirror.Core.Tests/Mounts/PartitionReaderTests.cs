using System.Buffers.Binary;
using System.Text;
using Mirror.Core.Mounts;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Mounts;

/// <summary>Partition tables as they are, and as they should never be.</summary>
public sealed class PartitionReaderTests(ITestOutputHelper output)
{
    private const int Size = 1 << 20;

    [Fact]
    public void An_MBR_with_logical_partitions()
    {
        byte[] disk = new byte[Size];
        Mbr(disk, 0, (0x83, 8, 100), (0x05, 200, 1000), (0, 0, 0), (0x07, 1500, 500));
        Mbr(disk, 200, (0x83, 8, 50), (0x05, 300, 400));
        Mbr(disk, 500, (0x83, 16, 60));
        Assert.Equal([(1, 8 * 512, 100 * 512), (4, 1500 * 512, 500 * 512), (5, 208 * 512, 50 * 512), (6, 516 * 512, 60 * 512)],
            Find(disk, 512).Select(p => (p.Number, (int)p.Offset, (int)p.Length)));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_GPT_in_units_of_the_logical_block(int block)
    {
        byte[] disk = new byte[Size];
        Mbr(disk, 0, (0xee, 1, 100));
        Gpt(disk, block, (10, 19), (0, 0), (30, 39));
        Assert.Equal([(1, 10 * block, 10 * block), (3, 30 * block, 10 * block)], Find(disk, block).Select(p => (p.Number, (int)p.Offset, (int)p.Length)));
    }

    [Fact]
    public void A_chain_that_runs_in_a_circle_ends()
    {
        byte[] disk = new byte[Size];
        Mbr(disk, 0, (0x05, 100, 1000));
        Mbr(disk, 100, (0x83, 1, 1), (0x05, 50, 1));
        Mbr(disk, 150, (0x83, 1, 1), (0x05, 50, 1));
        Assert.True(Find(disk, 512).Count <= 256);
    }

    [Fact]
    public void Whatever_a_table_says_a_partition_lies_in_the_image_and_nothing_outside_is_read()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] disk = new byte[random.Next(0, 64) * 512];
            random.NextBytes(disk);
            if (disk.Length >= 1024)
            {
                disk[510] = 0x55;
                disk[511] = 0xAA;
                if (random.Next(2) == 0) "EFI PART"u8.CopyTo(disk.AsSpan(512));
                if (random.Next(2) == 0) BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(512 + 84), 128);
                if (random.Next(2) == 0) BinaryPrimitives.WriteUInt64LittleEndian(disk.AsSpan(512 + 72), (ulong)random.Next(8));
            }
            foreach (ImagePartition p in PartitionReader.Find((offset, bytes) => disk.AsSpan(checked((int)offset), bytes.Length).CopyTo(bytes), disk.Length, 512))
                Assert.True(p.Offset > 0 && p.Length > 0 && p.Offset <= disk.Length - p.Length, $"seed {seed}: {p} in {disk.Length}");
        }
    }

    [Fact]
    public void File_systems_are_known_by_their_signatures()
    {
        byte[] start = new byte[FileSystemSignature.Bytes];
        Assert.Null(FileSystemSignature.Find(start));
        start[0x438] = 0x53;
        start[0x439] = 0xEF;
        Assert.Equal("ext4", FileSystemSignature.Find(start));
        Assert.Null(FileSystemSignature.Find(start.AsSpan(0, 0x439)));
        Encoding.ASCII.GetBytes("XFSB").CopyTo(start, 0);
        Assert.Equal("xfs", FileSystemSignature.Find(start));
    }

    private static IReadOnlyList<ImagePartition> Find(byte[] disk, int block) =>
        PartitionReader.Find((offset, bytes) => disk.AsSpan((int)offset, bytes.Length).CopyTo(bytes), disk.Length, block);

    private static void Mbr(byte[] disk, int sector, params (byte Type, uint Start, uint Count)[] entries)
    {
        Span<byte> table = disk.AsSpan(sector * 512, 512);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = table.Slice(446 + i * 16, 16);
            entry[4] = entries[i].Type;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], entries[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], entries[i].Count);
        }
        table[510] = 0x55;
        table[511] = 0xAA;
    }

    private static void Gpt(byte[] disk, int block, params (ulong First, ulong Last)[] entries)
    {
        Span<byte> header = disk.AsSpan(block);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], (uint)entries.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], 128);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = disk.AsSpan(2 * block + i * 128, 128);
            if (entries[i].First > 0) entry[0] = 1;
            BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], entries[i].First);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], entries[i].Last);
        }
    }
}
