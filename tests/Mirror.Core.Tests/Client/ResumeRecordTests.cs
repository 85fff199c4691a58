using Mirror.Core.Client;
using Mirror.Core.Taps;

namespace Mirror.Core.Tests.Client;

public sealed class ResumeRecordTests
{
    private static readonly ResumeRecord Record = new()
    {
        Server = Guid.NewGuid(),
        Incarnation = Guid.NewGuid(),
        Acknowledged = new MarkId(41, 0x1234567890abcdef),
        Sent = new MarkId(42, 0xfedcba0987654321),
        Scanning = true,
        Guarded = true,
        ScanPosition = 77L << 20,
        Findings = new ScanFindings(4096, 512, 1L << 40),
        SizeBytes = 3L << 40,
    };

    [Fact]
    public void It_comes_back_as_it_was()
    {
        byte[] bytes = Record.Encode("vol", "boot 1");
        Assert.True(bytes.Length <= ITap.MaxStateBytes);
        Assert.Equal(Record, ResumeRecord.Decode(bytes, "vol", "boot 1"));
    }

    [Fact]
    public void Any_damage_makes_it_no_record()
    {
        byte[] bytes = Record.Encode("vol", "boot 1");
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] damaged = [.. bytes];
            damaged[at] ^= 0x10;
            Assert.Null(ResumeRecord.Decode(damaged, "vol", "boot 1"));
            Assert.Null(ResumeRecord.Decode(bytes.AsSpan(0, at), "vol", "boot 1"));
        }
    }

    [Theory]
    [InlineData("other", "boot 1")]
    [InlineData("vol", "boot 2")]
    [InlineData("vol", "")]
    public void It_is_no_record_of_another_volume_or_attachment(string volume, string attachment) =>
        Assert.Null(ResumeRecord.Decode(Record.Encode("vol", "boot 1"), volume, attachment));

    [Fact]
    public void A_server_matches_with_the_last_mark_acknowledged_or_sent_and_no_other()
    {
        Assert.True(Record.MatchesServer(Record.Server, Record.Incarnation, Record.Acknowledged));
        Assert.True(Record.MatchesServer(Record.Server, Record.Incarnation, Record.Sent));
        Assert.False(Record.MatchesServer(Record.Server, Record.Incarnation, Record.Sent with { Random = 1 }));
        Assert.False(Record.MatchesServer(Record.Server, Record.Incarnation, new MarkId(40, Record.Acknowledged.Random)));
        Assert.False(Record.MatchesServer(Guid.NewGuid(), Record.Incarnation, Record.Sent));
        Assert.False(Record.MatchesServer(Record.Server, Guid.NewGuid(), Record.Sent));
    }
}
