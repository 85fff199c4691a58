using System.Globalization;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Taps;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mirror.Cli.Terminal;

/// <summary>How a status looks to people.</summary>
internal static class StatusView
{
    /// <summary>One row for each end of each volume, then what needs attention.</summary>
    public static IRenderable Render(ControlSurvey survey)
    {
        Table table = PlainTable.Create("VOLUME", "ROLE", "STATE", "RATE", "PROGRESS", "WAITING", "SPEED", "IMAGE AGE", "DISK", "PEER");
        foreach (MirrorStatus s in survey.Volumes)
        {
            table.Row(s.Volume, s.Role == MirrorRole.Client ? "client" : "server", s.State.ToString(), s.Rate.ToString(), Progress(s),
                ByteQuantity.Format(s.PendingBytes + s.QueuedBytes), $"{ByteQuantity.Format(s.BytesPerSecond)}/s", Age(s), s.Disk, s.Peer);
        }
        List<IRenderable> rows = [];
        if (survey.Volumes.Count > 0) rows.Add(table);
        foreach (MirrorStatus s in survey.Volumes)
        {
            foreach (string note in Notes(s)) rows.Add(new Text(TerminalText.Clean($"{s.Volume}: {note}")));
        }
        rows.AddRange(survey.Unresponsive.Select(u => new Text(TerminalText.Clean(u))));
        if (rows.Count == 0) rows.Add(new Text("No client and no server runs on this host."));
        return new Rows(rows);
    }

    /// <summary>One line for a wait or the demo: state, rate and how far it is.</summary>
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

    private static string Percent(long part, long whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(1000.0 * Math.Clamp(part, 0, whole) / whole) / 10:0.0} %");

    private static string Age(MirrorStatus s) => s.ConsistentAgeSeconds is { } age
        ? Durations.Format(age)
        : s.ScanAgeSeconds is { } scan ? $"scanned {Durations.Format(scan)} ago" : "never";

    private static IEnumerable<string> Notes(MirrorStatus s)
    {
        if (s.LastError is { } error) yield return error;
        if (s.Needs is { } needs) yield return $"needs 'diskmirror {needs.Replace("adopt", $"adopt {s.Volume}", StringComparison.Ordinal)}'";
        if (s.Behind) yield return "the writer is faster than the link";
        if (s.TapReason is { } reason) yield return $"tap {(s.Tap == TapKind.RescanOnly ? "rescan-only" : "ebpf")}: {reason}";
        if (s.Holes > 0) yield return $"{s.Holes} holes were found and read again";
    }
}
