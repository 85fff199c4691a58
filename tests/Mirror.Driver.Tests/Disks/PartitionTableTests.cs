using System.Buffers.Binary;
using System.Text;
using Mirror.Driver.Disks;
using Xunit.Abstractions;

namespace Mirror.Driver.Tests.Disks;

public sealed class PartitionTableTests(ITestOutputHelper output)
{
    private static readonly Guid Unique = new("0fc63daf-8483-4772-8e79-3d69d8477de4");

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_gpt_tells_uuid_and_name(int logicalBlock)
    {
        byte[] disk = Gpt(logicalBlock, number: 3, startBlock: 2048, "data");
        Assert.Equal(("0fc63daf-8483-4772-8e79-3d69d8477de4", "data"), Find(disk, logicalBlock, 3, 2048L * logicalBlock / 512));
        Assert.Equal((null, null), Find(disk, logicalBlock, 3, 2048L * logicalBlock / 512 + 8));
        Assert.Equal((null, null), Find(disk, logicalBlock, 4, 0x1000));
    }

    [Fact]
    public void An_mbr_tells_signature_and_number()
    {
        byte[] disk = Mbr(0xDEADBEEF, (1, 2048, 100), (2, 4096, 100));
        Assert.Equal(("deadbeef-02", null), Find(disk, 512, 2, 4096));
        Assert.Equal(("deadbeef-0a", null), Find(disk, 512, 10, 123456));
        Assert.Equal((null, null), Find(disk, 512, 2, 2048));
        Assert.Equal((null, null), Find(Mbr(0, (1, 2048, 100)), 512, 1, 2048));
    }

    [Fact]
    public void Any_damage_gives_nothing_or_something_but_never_an_exception()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] good = Gpt(512, 3, 2048, "data");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] disk = [.. good];
            for (int n = random.Next(1, 40); n > 0; n--) disk[512 + random.Next(92)] = (byte)random.Next(256);
            if (i % 2 == 0) "EFI PART"u8.CopyTo(disk.AsSpan(512));
            if (i % 5 == 0) disk = disk[..random.Next(disk.Length)];
            _ = Find(disk, 512, random.Next(1, 200), random.Next());
        }
    }

    private static (string?, string?) Find(byte[] disk, int logicalBlock, int number, long start) =>
        PartitionTable.Find(
            (offset, destination) =>
            {
                Assert.True(offset >= 0);
                if (offset > disk.Length - destination.Length) return false;
                disk.AsSpan((int)offset, destination.Length).CopyTo(destination);
                return true;
            },
            logicalBlock, number, start);

    internal static byte[] Mbr(uint signature, params (int Number, uint Start, uint Sectors)[] partitions)
    {
        byte[] disk = new byte[512];
        BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(440), signature);
        foreach ((int number, uint start, uint sectors) in partitions)
        {
            Span<byte> entry = disk.AsSpan(446 + (number - 1) * 16, 16);
            entry[4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], start);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], sectors);
        }
        (disk[510], disk[511]) = (0x55, 0xAA);
        return disk;
    }

    private static byte[] Gpt(int logicalBlock, int number, long startBlock, string name)
    {
        byte[] disk = new byte[logicalBlock * 40];
        (disk[446 + 4], disk[510], disk[511]) = (0xEE, 0x55, 0xAA);
        Span<byte> header = disk.AsSpan(logicalBlock);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], 128);
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], 128);
        Span<byte> entry = disk.AsSpan(2 * logicalBlock + (number - 1) * 128, 128);
        Unique.ToByteArray().CopyTo(entry[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(entry[32..], startBlock);
        Encoding.Unicode.GetBytes(name).CopyTo(entry[56..]);
        return disk;
    }
}
