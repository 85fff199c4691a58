using System.Globalization;

namespace Mirror.Core.Store;

/// <summary>
/// Which snapshots are taken and removed without being asked: <c>hourly=24,daily=7,weekly=4,monthly=12,min-age=1d</c>. The newest snapshot of each of the last 24 hours that
/// have one is kept, of each of the last 7 days that have one, and so on; one is taken once in the shortest period that is named. Periods are those of UTC, a week begins on
/// Monday. Periods without a snapshot are not counted, so neither a long silence nor a clock that jumps ahead removes anything; what is younger than the minimum age
/// (a day when nothing is said) is never removed, nor what an administrator has named.
/// </summary>
public sealed record SnapshotRule
{
    /// <summary>The most snapshots that a period may ask for.</summary>
    public const int Most = 1000;

    private static readonly string[] Names = ["hourly", "daily", "weekly", "monthly"];

    private readonly int[] _keep = new int[Names.Length];

    private SnapshotRule()
    {
    }

    /// <summary>What is younger is never removed.</summary>
    public TimeSpan MinimumAge { get; private init; } = TimeSpan.FromDays(1);

    /// <summary>Reads a rule.</summary>
    /// <returns>Null for <c>none</c>.</returns>
    /// <exception cref="FormatException">It is not understood; the message says what.</exception>
    public static SnapshotRule? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Trim() == "none") return null;
        if (text.Length > 200) throw new FormatException("A snapshot rule is at most 200 characters long.");
        var rule = new SnapshotRule();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals], value = equals < 0 ? "" : part[(equals + 1)..];
            if (!seen.Add(key)) throw Wrong(text, $"'{key}' stands in it twice");
            int at = Array.IndexOf(Names, key);
            if (at >= 0)
            {
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count is < 1 or > Most) throw Wrong(text, $"{key} wants a number from 1 to {Most}");
                rule._keep[at] = count;
            }
            else if (key == "min-age")
            {
                rule = rule with { MinimumAge = Operations.Durations.TryParse(value) ?? throw Wrong(text, "min-age wants a time like 90m, 12h or 7d") };
            }
            else
            {
                throw Wrong(text, $"'{part}' is not understood");
            }
        }
        if (Array.TrueForAll(rule._keep, k => k == 0)) throw Wrong(text, "it keeps nothing");
        return rule;
    }

    /// <summary>Whether a snapshot is due: the shortest period of the rule has none yet.</summary>
    /// <param name="taken">When the rule's snapshots were taken.</param>
    /// <param name="now">Now.</param>
    public bool IsDue(IEnumerable<DateTimeOffset> taken, DateTimeOffset now)
    {
        int shortest = Array.FindIndex(_keep, k => k > 0);
        long period = Period(shortest, now);
        return taken.All(t => Period(shortest, t) != period);
    }

    /// <summary>The snapshots that the rule no longer keeps.</summary>
    /// <param name="snapshots">Those that the rule took.</param>
    /// <param name="taken">When one was taken.</param>
    /// <param name="now">Now.</param>
    public IReadOnlyList<T> Expired<T>(IEnumerable<T> snapshots, Func<T, DateTimeOffset> taken, DateTimeOffset now)
    {
        T[] newestFirst = [.. snapshots.OrderByDescending(taken)];
        var kept = new HashSet<int>();
        for (int kind = 0; kind < Names.Length; kind++)
        {
            var periods = new HashSet<long>();
            for (int i = 0; i < newestFirst.Length && periods.Count < _keep[kind]; i++)
            {
                if (periods.Add(Period(kind, taken(newestFirst[i])))) kept.Add(i);
            }
        }
        // A time ahead of now is a clock that was wrong: no reason to remove anything.
        return [.. newestFirst.Where((s, i) => !kept.Contains(i) && taken(s) <= now - MinimumAge)];
    }

    /// <summary>The rule as <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        IEnumerable<string> parts = Names.Select((n, i) => (n, i)).Where(p => _keep[p.i] > 0).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.n}={_keep[p.i]}"));
        return string.Join(',', parts.Append(string.Create(CultureInfo.InvariantCulture, $"min-age={(long)MinimumAge.TotalMinutes}m")));
    }

    /// <summary>The names of periods, the shortest first.</summary>
    public static IReadOnlyList<string> Periods => Names;

    /// <summary>Which of its kind a time lies in; the number itself means nothing, only that times of one period have the same and later ones a higher one.</summary>
    /// <param name="kind">An index into <see cref="Periods"/>.</param>
    /// <param name="time">The time.</param>
    public static long Period(int kind, DateTimeOffset time)
    {
        DateTime utc = time.UtcDateTime;
        return kind switch
        {
            0 => utc.Ticks / TimeSpan.TicksPerHour,
            1 => utc.Ticks / TimeSpan.TicksPerDay,
            2 => utc.Ticks / TimeSpan.TicksPerDay / 7,     // the first of January of the year 1 was a Monday
            _ => utc.Year * 12L + utc.Month,
        };
    }

    private static FormatException Wrong(string text, string what) => new($"The snapshot rule '{text}' cannot be used: {what}. A rule reads like hourly=24,daily=7,weekly=4,monthly=12,min-age=1d; 'none' takes none.");
}
