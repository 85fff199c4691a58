using System.Globalization;
using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.Core.Operations;

/// <summary>A status in words, the same in every face.</summary>
public static class StatusText
{
    /// <summary>One line for a wait, a supervisor or the demo: state, rate and how far it is.</summary>
    public static string Line(MirrorStatus s)
    {
        string left = s.SecondsLeft is { } seconds ? $", {Durations.Format(seconds)} left" : "";
        return s.State switch
        {
            MirrorState.Scanning => $"{s.State}, rate {s.Rate}: {Progress(s)} of {ByteQuantity.Format(s.SizeBytes)} compared at {ByteQuantity.Format(s.BytesPerSecond)}/s{left}",
            MirrorState.NoConn => $"{s.State}{(s.LastError is { } error ? ": " + error : "")}",
            _ => $"{s.State}, rate {s.Rate}: {ByteQuantity.Format(s.PendingBytes)} pending, {ByteQuantity.Format(s.QueuedBytes)} queued, {ByteQuantity.Format(s.BytesPerSecond)}/s{left}",
        };
    }

    /// <summary>The part of the scan or catch-up that is done, as a percentage; a dash when neither is under way.</summary>
    public static string Progress(MirrorStatus s) => s switch
    {
        { State: MirrorState.Scanning, SizeBytes: > 0 } => Percent(s.ScannedBytes, s.SizeBytes),
        { State: MirrorState.CatchUp, SizeBytes: > 0 } => Percent(s.SizeBytes - s.PendingBytes, s.SizeBytes),
        _ => "-",
    };

    /// <summary>What has not reached the server, or on a server not the image.</summary>
    public static string Waiting(MirrorStatus s) => ByteQuantity.Format(s.PendingBytes + s.QueuedBytes);

    /// <summary>How fast it goes.</summary>
    public static string Speed(MirrorStatus s) => $"{ByteQuantity.Format(s.BytesPerSecond)}/s";

    /// <summary>How old the image is.</summary>
    public static string Age(MirrorStatus s) => s.ConsistentAgeSeconds is { } age
        ? Durations.Format(age)
        : s.ScanAgeSeconds is { } scan ? $"scanned {Durations.Format(scan)} ago" : "never";

    /// <summary>What needs attention, a line each.</summary>
    public static IEnumerable<string> Notes(MirrorStatus s)
    {
        if (s.LastError is { } error) yield return error;
        if (s.Needs is { } needs) yield return $"needs 'diskmirror {needs.Replace("adopt", $"adopt {s.Volume}", StringComparison.Ordinal)}'";
        if (s.Behind) yield return "the writer is faster than the link";
        if (s.TapReason is { } reason) yield return $"tap {(s.Tap == TapKind.RescanOnly ? "rescan-only" : "ebpf")}: {reason}";
        if (s.Verify is { } verify) yield return $"verify: {verify.Step}, {ByteQuantity.Format(verify.PositionBytes)} compared, {ByteQuantity.Format(verify.DifferingBytes)} differ";
        if (s.LastVerify is { } last && last.DifferingBytes > last.RepairedBytes) yield return $"the last verify found {ByteQuantity.Format(last.DifferingBytes - last.RepairedBytes)} that differ";
        if (s.Holes > 0) yield return $"{s.Holes} holes were found and read again";
    }

    /// <summary>How much of a wait is done, between 0 and 1; never quite 1, because a full bar would stop moving before the wait has ended.</summary>
    /// <param name="s">The status now.</param>
    /// <param name="mostPending">The most bytes that were pending since the wait began; raised by this.</param>
    public static double Done(MirrorStatus s, ref long mostPending)
    {
        mostPending = Math.Max(Math.Max(mostPending, 1), s.PendingBytes);
        return s.State switch
        {
            MirrorState.Scanning when s.SizeBytes > 0 => (double)s.ScannedBytes / s.SizeBytes,
            MirrorState.CatchUp => 1 - (double)s.PendingBytes / mostPending,
            MirrorState.Live => 0.999,
            _ => 0,
        };
    }

    private static string Percent(long part, long whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(1000.0 * Math.Clamp(part, 0, whole) / whole) / 10:0.0} %");
}
