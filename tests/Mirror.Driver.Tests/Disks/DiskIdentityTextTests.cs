using System.Text;
using Mirror.Core.Disks;

namespace Mirror.Driver.Tests.Disks;

public sealed class DiskIdentityTextTests
{
    private static readonly HostDisk Disk = new()
    {
        Name = "sda",
        Path = "/dev/sda",
        Kind = HostDiskKind.Disk,
        SizeBytes = 1 << 30,
        LogicalBlockBytes = 512,
        Major = 8,
        Minor = 0,
    };

    [Fact]
    public void It_names_what_the_manufacturer_gave_else_what_the_disk_is_based_on()
    {
        Assert.Equal("wwn=naa.5; serial=S; model=M", DiskIdentityText.For(Disk with { Wwn = "naa.5", Serial = "S", Model = "M", Basis = "at=x" }, null));
        Assert.Equal("at=0000:00:02.0", DiskIdentityText.For(Disk with { Model = "QEMU", Basis = "at=0000:00:02.0" }, null));
        Assert.Equal("name=sda", DiskIdentityText.For(Disk, null));
    }

    [Fact]
    public void A_partition_is_told_by_its_disk_and_its_uuid_or_its_start()
    {
        HostDisk one = Disk with { Name = "sda1", Kind = HostDiskKind.Partition, StartSector = 2048, PartitionNumber = 1 };
        HostDisk whole = Disk with { Serial = "S" };
        Assert.Equal("serial=S; partition-start=2048", DiskIdentityText.For(one, whole));
        Assert.Equal("serial=S; partition=abc-01", DiskIdentityText.For(one with { PartitionUuid = "abc-01" }, whole));
        Assert.NotEqual(DiskIdentityText.For(whole, null), DiskIdentityText.For(one, whole));
    }

    [Fact]
    public void Long_texts_are_cut_within_the_limit_and_stay_different()
    {
        string path = "/" + string.Concat(Enumerable.Repeat("ä日本", 100));
        string a = DiskIdentityText.For(Disk with { Basis = "file=" + path + "/a" }, null);
        string b = DiskIdentityText.For(Disk with { Basis = "file=" + path + "/b" }, null);
        Assert.NotEqual(a, b);
        Assert.InRange(Encoding.UTF8.GetByteCount(a), 200, DiskIdentity.MaxTextBytes);
        Assert.DoesNotContain('\uFFFD', a);
    }

    [Fact]
    public void Without_a_count_of_attachments_no_attachment_is_claimed()
    {
        Assert.Equal("", DiskIdentityText.Attachment(Disk, "boot"));
        Assert.Equal("", DiskIdentityText.Attachment(Disk with { DiskSequence = 5 }, ""));
        Assert.Equal("boot=b; diskseq=5; start=0", DiskIdentityText.Attachment(Disk with { DiskSequence = 5 }, "b"));
    }
}
