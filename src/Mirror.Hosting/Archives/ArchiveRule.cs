using System.Globalization;
using Mirror.Core.Store;

namespace Mirror.Hosting.Archives;

/// <summary>
/// When a volume is archived, at which level, and which archives are kept. It reads like a rule of snapshots, to which levels can be added:
/// <c>daily=14,weekly=8,level0=weekly,level1=daily</c>. Each level is written once in its period, unless a lower one was; of several that are due, the lowest. Without levels each
/// archive is a whole one, and one is due once in the shortest period that is kept. What is kept are the newest archives of the periods, as of snapshots, and whatever these build on.
/// </summary>
public sealed record ArchiveRule
{
    private const string LevelKey = "level";

    private readonly SnapshotRule keep;
    private readonly (int Level, int Period)[] levels;      // the lowest first, each with a shorter period than the one before

    private ArchiveRule(SnapshotRule keep, (int Level, int Period)[] levels) => (this.keep, this.levels) = (keep, levels);

    /// <summary>Reads a rule.</summary>
    /// <returns>Null for <c>none</c>.</returns>
    /// <exception cref="FormatException">It is not understood; the message says what.</exception>
    public static ArchiveRule? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Trim() == "none") return null;
        List<string> kept = [];
        SortedDictionary<int, int> levels = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!part.StartsWith(LevelKey, StringComparison.Ordinal))
            {
                kept.Add(part);
                continue;
            }
            string[] sides = part.Split('=');
            int period = SnapshotRule.Periods.ToList().IndexOf(sides[^1]);
            if (sides.Length != 2 || sides[0].Length != LevelKey.Length + 1 || !char.IsAsciiDigit(sides[0][^1]) || period < 0) throw Wrong(text, $"'{part}' is not understood");
            if (!levels.TryAdd(sides[0][^1] - '0', period)) throw Wrong(text, $"'{sides[0]}' stands in it twice");
        }
        if (kept.Count == 0) throw Wrong(text, "it keeps nothing");
        SnapshotRule keep = SnapshotRule.Parse(string.Join(',', kept)) ?? throw Wrong(text, "'none' stands alone");
        (int Level, int Period)[] inOrder = [.. levels.Select(l => (l.Key, l.Value))];
        if (inOrder.Length > 0 && inOrder[0].Level != 0) throw Wrong(text, "without level0 there is nothing that the others build on");
        for (int i = 1; i < inOrder.Length; i++)
        {
            if (inOrder[i].Period >= inOrder[i - 1].Period) throw Wrong(text, $"level{inOrder[i].Level} must come more often than level{inOrder[i - 1].Level}");
        }
        return new ArchiveRule(keep, inOrder);
    }

    /// <summary>The level of the archive that is due; null when none is.</summary>
    /// <param name="archives">Those that are there.</param>
    /// <param name="now">Now.</param>
    public int? Due(IReadOnlyCollection<ShelvedArchive> archives, DateTimeOffset now)
    {
        // Of a disk with partitions one can be new, and a whole one among higher levels: the highest counts.
        (DateTimeOffset Time, int Level)[] taken = [.. archives.GroupBy(a => a.Time).Select(g => (g.Key, g.Max(a => a.Level)))];
        if (levels.Length == 0) return keep.IsDue(taken.Select(t => t.Time), now) ? 0 : null;
        foreach ((int level, int period) in levels)
        {
            long present = SnapshotRule.Period(period, now);
            if (!Array.Exists(taken, t => t.Level <= level && SnapshotRule.Period(period, t.Time) == present)) return level;
        }
        return null;
    }

    /// <summary>The times whose archives are no longer kept, the newest first, so that nothing is ever without what it builds on. What builds on another keeps it.</summary>
    /// <param name="archives">Those that are there.</param>
    /// <param name="now">Now.</param>
    public IReadOnlyList<DateTimeOffset> Expired(IReadOnlyCollection<ShelvedArchive> archives, DateTimeOffset now)
    {
        HashSet<DateTimeOffset> expired = [.. keep.Expired(archives.Select(a => a.Time).Distinct(), t => t, now)];
        foreach (ShelvedArchive archive in archives.OrderByDescending(a => a.Time))
        {
            if (!expired.Contains(archive.Time) && BaseOf(archives, archive.Time, archive.Partition, archive.Level) is { } below) expired.Remove(below.Time);
        }
        return [.. expired.OrderDescending()];
    }

    /// <summary>What an archive builds on: the newest of a lower level before it; null for a whole one, or when there is none.</summary>
    public static ShelvedArchive? BaseOf(IEnumerable<ShelvedArchive> archives, DateTimeOffset time, int? partition, int level) =>
        archives.Where(a => a.Partition == partition && a.Level < level && a.Time < time).MaxBy(a => a.Time);

    /// <summary>The rule as <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        string.Join(',', levels.Select(l => string.Create(CultureInfo.InvariantCulture, $"{LevelKey}{l.Level}={SnapshotRule.Periods[l.Period]}")).Prepend(keep.ToString()));

    private static FormatException Wrong(string text, string what) =>
        new($"The rule of archives '{text}' cannot be used: {what}. A rule reads like daily=14,weekly=8,level0=weekly,level1=daily; without levels all archives are whole ones; 'none' makes none.");
}
