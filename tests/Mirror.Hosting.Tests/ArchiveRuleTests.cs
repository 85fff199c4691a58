using Mirror.Core.Store;
using Mirror.Hosting.Archives;
using Xunit.Abstractions;

namespace Mirror.Hosting.Tests;

/// <summary>The rule over years of a model: what is due, and that nothing is ever without what it builds on.</summary>
public sealed class ArchiveRuleTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("daily=7", "daily=7,min-age=1440m")]
    [InlineData("daily=14, weekly=8,level1=daily, level0=weekly", "daily=14,weekly=8,min-age=1440m,level0=weekly,level1=daily")]
    [InlineData("level0=monthly,level5=weekly,level9=daily,monthly=3,min-age=2h", "monthly=3,min-age=120m,level0=monthly,level5=weekly,level9=daily")]
    [InlineData("none", null)]
    public void A_rule_is_read(string text, string? read)
    {
        string? again = ArchiveRule.Parse(text)?.ToString();
        Assert.Equal(read, again);
        if (again is not null) Assert.Equal(again, ArchiveRule.Parse(again)!.ToString());
    }

    [Theory]
    [InlineData("level0=weekly,level1=daily", "keeps nothing")]
    [InlineData("daily=7,level1=daily", "without level0")]
    [InlineData("daily=7,level0=daily,level1=daily", "more often")]
    [InlineData("daily=7,level0=daily,level1=weekly", "more often")]
    [InlineData("daily=7,level0=weekly,level0=daily", "twice")]
    [InlineData("daily=7,level0=often", "'level0=often'")]
    [InlineData("daily=7,level=weekly", "'level=weekly'")]
    [InlineData("daily=7,level10=weekly", "'level10=weekly'")]
    [InlineData("daily=7,level0=weekly=1", "'level0=weekly=1'")]
    [InlineData("none,level0=weekly", "stands alone")]
    [InlineData("sometimes=7,level0=weekly", "'sometimes=7'")]
    public void What_cannot_be_meant_is_refused_with_the_reason(string text, string why) => Assert.Contains(why, Assert.Throws<FormatException>(() => ArchiveRule.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_lowest_level_that_is_due_is_taken_and_serves_for_the_higher_ones()
    {
        ArchiveRule rule = ArchiveRule.Parse("daily=99,level0=monthly,level1=weekly,level2=daily")!;
        List<ShelvedArchive> shelf = [];
        List<int> levels = [];
        // From Monday, the second of November, on.
        for (int day = 0; day < 31; day++)
        {
            DateTimeOffset now = new(2026, 11, 2 + 0, 1, 30, 0, TimeSpan.Zero);
            now = now.AddDays(day);
            int level = rule.Due(shelf, now) ?? -1;
            levels.Add(level);
            shelf.Add(new ShelvedArchive(now, null, level, ""));
            Assert.Null(rule.Due(shelf, now.AddHours(3)));
        }
        Assert.Equal("0222222122222212222221222222102", string.Concat(levels));
    }

    [Theory]
    [InlineData("daily=5,weekly=2,level0=weekly,level1=daily,min-age=1m")]
    [InlineData("hourly=20,daily=3,monthly=2,level0=weekly,level3=daily,level7=hourly,min-age=1m")]
    [InlineData("daily=2,level0=monthly,level1=weekly,level2=daily,min-age=3d")]
    [InlineData("weekly=3,level0=monthly,level1=daily,min-age=1m")]
    [InlineData("daily=4,min-age=1m")]
    public void Over_years_no_archive_loses_what_it_builds_on_and_nothing_else_is_kept(string text)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        ArchiveRule rule = ArchiveRule.Parse(text)!;
        SnapshotRule keep = SnapshotRule.Parse(string.Join(',', text.Split(',').Where(p => !p.StartsWith("level", StringComparison.Ordinal))))!;
        int higher = 0, bases = 0;
        for (int life = 0; life < 6; life++)
        {
            bool byHand = life % 2 == 1;        // somebody removes archives, too
            int partitions = life % 3;
            List<ShelvedArchive> shelf = [];
            Dictionary<ShelvedArchive, ShelvedArchive> builtOn = [];
            DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            for (int step = 0; step < 500; step++)
            {
                now += random.Next(30) == 0 ? TimeSpan.FromDays(random.Next(60)) : TimeSpan.FromMinutes(random.Next(1, 36 * 60));
                if (byHand && shelf.Count > 0 && random.Next(5) == 0) shelf.RemoveAt(random.Next(shelf.Count));
                if (rule.Due(shelf, now) is { } due)
                {
                    ShelvedArchive[] fresh = [.. Enumerable.Range(0, Math.Max(1, partitions)).Select(i =>
                    {
                        int? partition = partitions == 0 ? null : i + 1;
                        ShelvedArchive? below = ArchiveRule.BaseOf(shelf, now, partition, due);
                        var written = new ShelvedArchive(now, partition, below is null ? 0 : due, "");
                        if (below is not null) builtOn[written] = below;
                        return written;
                    })];
                    shelf.AddRange(fresh);
                    higher += fresh.Count(a => a.Level > 0);
                    Assert.Null(rule.Due(shelf, now));
                }
                DateTimeOffset[] times = [.. shelf.Select(a => a.Time).Distinct()];
                HashSet<DateTimeOffset> wanted = [.. times.Except(keep.Expired(times, t => t, now))];
                HashSet<ShelvedArchive> before = [.. shelf];
                IReadOnlyList<DateTimeOffset> expired = rule.Expired(shelf, now);
                Assert.Equal(expired.OrderDescending(), expired);
                shelf.RemoveAll(a => expired.Contains(a.Time));
                string where = $"seed {seed}, life {life}, {now:u}";
                Assert.True(wanted.All(t => !expired.Contains(t)), where);
                foreach (ShelvedArchive archive in shelf)
                {
                    if (builtOn.TryGetValue(archive, out ShelvedArchive? below) && before.Contains(below)) Assert.True(shelf.Contains(below), $"{where}: that of {archive.Time:u} lost that of {below.Time:u}");
                }
                if (byHand) continue;
                // The same, slowly: what is wanted, what that was built on, and so on.
                HashSet<DateTimeOffset> needed = [.. wanted];
                for (int count = -1; count != needed.Count;)
                {
                    count = needed.Count;
                    foreach ((ShelvedArchive archive, ShelvedArchive below) in builtOn) if (needed.Contains(archive.Time)) needed.Add(below.Time);
                }
                Assert.True(shelf.TrueForAll(a => needed.Contains(a.Time)), where);
                bases += shelf.Select(a => a.Time).Distinct().Count(t => !wanted.Contains(t));
            }
        }
        output.WriteLine($"{higher} higher levels; {bases} looks at an archive that was kept for another only");
        if (text.Contains("level1", StringComparison.Ordinal)) Assert.True(higher > 100 && bases > 100, $"{higher} {bases}");
    }
}
