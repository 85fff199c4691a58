using System.Buffers.Binary;
using Mirror.Core.Boot;

namespace Mirror.Core.Tests.Boot;

/// <summary>Pages laid out as the standards say, and whatever else may come.</summary>
public sealed class DrivePageTests
{
    /// <summary>A SMART log as an NVMe drive of some age gives it: 0x1c2f3a4 units read, and so on.</summary>
    private static readonly byte[] s_nvme = Convert.FromHexString(
        "00" + "3601" + "64" + "0a" + "03" + "00" + new string('0', 50)
        + "a4f3c201" + new string('0', 24) + "5b7a0e03" + new string('0', 24) + "11cf8e24" + new string('0', 24) + "9d01c353" + new string('0', 24)
        + "4e0f" + new string('0', 28) + "bb04" + new string('0', 28) + "8a2d" + new string('0', 28) + "5300" + new string('0', 28)
        + new string('0', 704));

    [Fact]
    public void A_smart_log_is_read()
    {
        Assert.Equal(512, s_nvme.Length);
        Assert.Equal(new DriveTestimony("d", 0x53c3019d, 0x030e7a5b, 0x248ecf11, 0x04bb, 0x0053), NvmeSmartLog.Parse(s_nvme, "d"));
    }

    [Fact]
    public void Device_statistics_are_read()
    {
        Assert.Equal(new DriveTestimony("d", 0x1234, 0xabcdef012345, 0x99, 77, null), AtaStatistics.Parse(Ata(), "d"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(48)]
    public void A_statistic_that_is_not_supported_or_not_valid_is_none(int at)
    {
        foreach (byte flags in (byte[])[0x00, 0x40, 0x80, 0x3f])
        {
            byte[] page = Ata();
            page[at + 7] = flags;
            Assert.Null(AtaStatistics.Parse(page, "d"));
        }
    }

    [Fact]
    public void What_is_no_page_is_none()
    {
        foreach (int length in (int[])[0, 1, 3, 511, 513, 4096])
        {
            Assert.Null(NvmeSmartLog.Parse(new byte[length], "d"));
            Assert.Null(AtaStatistics.Parse(new byte[length], "d"));
        }
        Assert.Null(NvmeSmartLog.Parse(new byte[512], "d"));
        Assert.Null(AtaStatistics.Parse(new byte[512], "d"));
        byte[] ones = new byte[512];
        ones.AsSpan().Fill(0xff);
        Assert.Null(NvmeSmartLog.Parse(ones, "d"));
        Assert.Null(AtaStatistics.Parse(ones, "d"));
        byte[] other = Ata();
        other[2] = 2;
        Assert.Null(AtaStatistics.Parse(other, "d"));
    }

    [Fact]
    public void No_bytes_whatever_make_it_fail()
    {
        var random = new Random(5);
        byte[] page = new byte[512];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(page);
            if (i % 2 == 0) page.AsSpan(random.Next(512)).Clear();
            DriveTestimony? nvme = NvmeSmartLog.Parse(page, "d");
            _ = AtaStatistics.Parse(page, "d");
            if (nvme is not null) Assert.True(nvme.WriteCommands <= long.MaxValue);
        }
    }

    private static byte[] Ata()
    {
        byte[] page = new byte[512];
        page[0] = 1;
        page[2] = 1;
        void Put(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(at), value | 0xC0UL << 56);
        Put(8, 77);
        Put(16, 5000);
        Put(24, 0xabcdef012345);
        Put(32, 0x1234);
        Put(40, 0x55);
        Put(48, 0x99);
        return page;
    }
}
