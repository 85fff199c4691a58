using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

public sealed class SnapshotRuleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("hourly=24,daily=7,weekly=4,monthly=12", "hourly=24,daily=7,weekly=4,monthly=12,min-age=1440m")]
    [InlineData(" daily=3 , min-age=90m", "daily=3,min-age=90m")]
    [InlineData("weekly=2,min-age=0m", "weekly=2,min-age=0m")]
    public void A_rule_is_read_and_said_again(string text, string said)
    {
        Assert.Equal(said, SnapshotRule.Parse(text)!.ToString());
        Assert.Equal(said, SnapshotRule.Parse(said)!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("hourly")]
    [InlineData("hourly=0")]
    [InlineData("hourly=1001")]
    [InlineData("hourly=-1")]
    [InlineData("hourly=2,hourly=3")]
    [InlineData("yearly=1")]
    [InlineData("daily=1,min-age=1w")]
    [InlineData("daily=1,min-age=d")]
    [InlineData("min-age=1d")]
    [InlineData("daily=1,")]
    public void What_is_no_rule_is_refused_with_words(string text) =>
        Assert.Contains("hourly=24", Assert.Throws<FormatException>(() => SnapshotRule.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void None_is_no_rule() => Assert.Null(SnapshotRule.Parse("none"));

    [Fact]
    public void A_year_of_it_keeps_what_the_rule_says()
    {
        SnapshotRule rule = SnapshotRule.Parse("hourly=24,daily=7,weekly=4,monthly=12,min-age=2h")!;
        List<DateTimeOffset> kept = [];
        DateTimeOffset now = Start;
        for (; now < Start.AddDays(400); now = now.AddMinutes(20))
        {
            if (!rule.IsDue(kept, now)) continue;
            kept.Add(now);
            foreach (DateTimeOffset gone in rule.Expired(kept, t => t, now)) kept.Remove(gone);
        }
        now = kept[^1];
        Assert.Equal(24, kept.Count(t => now - t < TimeSpan.FromHours(24)));
        for (int day = 0; day < 7; day++) Assert.Contains(kept, t => t.UtcDateTime.Date == now.UtcDateTime.Date.AddDays(-day));
        for (int month = 0; month < 12; month++) Assert.Contains(kept, t => (t.Year, t.Month) == (now.AddDays(1 - now.Day).AddMonths(-month).Year, now.AddDays(1 - now.Day).AddMonths(-month).Month));
        Assert.InRange(kept.Count, 24 + 6 + 10, 24 + 7 + 4 + 12);
    }

    [Fact]
    public void Neither_silence_nor_a_clock_that_jumps_removes_anything()
    {
        SnapshotRule rule = SnapshotRule.Parse("hourly=3,min-age=1h")!;
        DateTimeOffset[] taken = [Start, Start.AddHours(1), Start.AddHours(2)];
        Assert.Empty(rule.Expired(taken, t => t, Start.AddYears(10)));
        Assert.Empty(rule.Expired([.. taken, Start.AddHours(3)], t => t, Start.AddYears(-1)));
        Assert.Equal([Start], rule.Expired([.. taken, Start.AddHours(3)], t => t, Start.AddHours(3)));
    }

    [Fact]
    public void What_is_younger_than_the_minimum_age_stays()
    {
        SnapshotRule rule = SnapshotRule.Parse("hourly=1,min-age=5h")!;
        DateTimeOffset[] taken = [.. Enumerable.Range(0, 8).Select(i => Start.AddHours(i))];
        Assert.Equal([Start.AddHours(2), Start.AddHours(1), Start], rule.Expired(taken, t => t, Start.AddHours(7.5)));
    }

    [Fact]
    public void One_is_due_once_a_period()
    {
        SnapshotRule rule = SnapshotRule.Parse("daily=2,weekly=3")!;
        Assert.True(rule.IsDue([], Start));
        Assert.False(rule.IsDue([Start], Start.AddHours(23)));
        Assert.True(rule.IsDue([Start], Start.AddHours(24)));
    }
}
