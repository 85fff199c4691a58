using System.Globalization;

namespace Mirror.Core.Operations;

/// <summary>Durations as people read them: two units at most.</summary>
public static class Durations
{
    /// <summary>For instance <c>0.4 s</c>, <c>12 s</c>, <c>3 min 20 s</c>, <c>5 h 7 min</c>, <c>12 d 3 h</c>.</summary>
    /// <param name="seconds">Negative values count as zero.</param>
    public static string Format(double seconds)
    {
        if (!(seconds > 0)) return "0 s";
        if (seconds < 9.95) return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");
        long whole = seconds < long.MaxValue / 2.0 ? (long)Math.Round(seconds) : long.MaxValue / 2;
        return whole switch
        {
            < 60 => $"{whole} s",
            < 3600 => Two(whole / 60, "min", whole % 60, "s"),
            < 86400 => Two(whole / 3600, "h", whole % 3600 / 60, "min"),
            _ => Two(whole / 86400, "d", whole % 86400 / 3600, "h"),
        };
    }

    /// <summary>Reads what an administrator wrote: whole minutes, hours or days, as <c>90m</c>, <c>12h</c>, <c>7d</c>.</summary>
    /// <returns>Null when it is none.</returns>
    public static TimeSpan? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > 100_000) return null;
        return text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private static string Two(long major, string majorUnit, long minor, string minorUnit) =>
        minor == 0 ? $"{major} {majorUnit}" : $"{major} {majorUnit} {minor} {minorUnit}";
}
