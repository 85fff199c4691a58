using System.Text;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

public sealed class VolumeRecordFormatTests
{
    private static readonly VolumeIdentity Disk = new() { Text = "wwn-1 \"x\"", Machine = Guid.NewGuid(), Client = Guid.NewGuid(), Host = "h" };

    [Fact]
    public void A_record_comes_back_as_it_was()
    {
        VolumeRecord record = Record() with { Scan = ScanProgress.Comparing, EverConsistent = true, ReplaceApproved = true, Image = "/dev/x" };
        VolumeRecord back = VolumeRecordFormat.Parse(VolumeRecordFormat.Format(record), "p", "v");
        Assert.Equal(record.HashKey, back.HashKey);
        Assert.Equal(record, back with { HashKey = record.HashKey });
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("\"volume\": \"v\"", "\"volume\": \"w\"")]
    [InlineData("\"scan\": \"None\"", "\"scan\": \"Other\"")]
    [InlineData("\"sizeBytes\": 4096", "\"sizeBytes\": -1")]
    [InlineData("\"sizeBytes\": 4096", "\"sizeBytes\": 4097")]
    [InlineData("\"everConsistent\": false", "\"everConsistent\": false, \"unknown\": 1")]
    [InlineData("\"logicalBlockBytes\": 512", "\"logicalBlockBytes\": 513")]
    [InlineData("{", "")]
    [InlineData("\"hashKey\": \"", "\"hashKey\": \"AAAA")]
    public void What_is_not_understood_is_refused_with_the_path(string from, string to)
    {
        string text = Encoding.UTF8.GetString(VolumeRecordFormat.Format(Record()));
        Assert.Contains(from, text, StringComparison.Ordinal);
        byte[] bad = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        var e = Assert.Throws<StoreUnusableException>(() => VolumeRecordFormat.Parse(bad, "/store/v/volume.json", "v"));
        Assert.Contains("/store/v/volume.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_cut_at_any_byte_is_refused()
    {
        byte[] whole = VolumeRecordFormat.Format(Record());
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<StoreUnusableException>(() => VolumeRecordFormat.Parse(whole.AsSpan(0, length), "p", "v"));
    }

    private static VolumeRecord Record() => VolumeRecord.Begin("v", Disk, 4096, 512, null, DateTimeOffset.UnixEpoch);
}
