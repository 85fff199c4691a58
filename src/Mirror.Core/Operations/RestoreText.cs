using System.Globalization;
using Mirror.Core.Restore;

namespace Mirror.Core.Operations;

/// <summary>A restore in words, the same in every face.</summary>
public static class RestoreText
{
    /// <summary>What is about to be overwritten by what.</summary>
    public static string Describe(RestorePlan plan)
    {
        RestoreSource s = plan.Source;
        return $"Volume {plan.Volume}{When(s, "")} ({s.Identity}; {ByteQuantity.Format(s.SizeBytes)}, at most {ByteQuantity.Format(s.StoredBytes)} of it not zero) overwrites {plan.Target.Path} ({plan.Target.Words}).";
    }

    /// <summary>What was done.</summary>
    public static string Summary(RestoreResult r)
    {
        string breaks = r.Connections > 1 ? $", {r.Connections} connections" : "";
        return PlainText.Clean($"{r.Target} is volume {r.Volume}{(r.Snapshot is { } s ? $", snapshot {s}" : "")}{When(r.Source, ",")}, verified: {ByteQuantity.Format(r.Source.SizeBytes)}, "
            + $"of which {ByteQuantity.Format(r.FetchedBytes)} came over the network and {ByteQuantity.Format(r.ZeroedBytes)} were made zero, in {Durations.Format(r.Seconds)}{breaks}.");
    }

    /// <summary>One line about how far it is; the size must be known.</summary>
    public static string Line(RestoreProgress p)
    {
        string percent = (Math.Floor(1000.0 * p.PositionBytes / p.SizeBytes) / 10).ToString("0.0", CultureInfo.InvariantCulture);
        string left = SecondsLeft(p) is { } seconds ? $", {Durations.Format(seconds)} left" : "";
        string trouble = p.Trouble is { } t ? $" [{t} Trying again.]" : "";
        return $"{(p.Pass == 1 ? "restoring" : "verifying")}, {percent} % of {ByteQuantity.Format(p.SizeBytes)} at {ByteQuantity.Format(p.BytesPerSecond)}/s{left}; {ByteQuantity.Format(p.FetchedBytes)} fetched{trouble}";
    }

    /// <summary>How long this pass will take, in seconds; null when not known.</summary>
    public static double? SecondsLeft(RestoreProgress p) => p.BytesPerSecond > 0 ? (double)(p.SizeBytes - p.PositionBytes) / p.BytesPerSecond : null;

    private static string When(RestoreSource source, string comma) =>
        source.Time is { } time ? $"{comma} as it was on {time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}" : "";
}
