using System.Globalization;
using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.Core.Operations;

/// <summary>
/// When a volume is called good. The one question is how much would be lost if the disk died now: the age of the newest good image.
/// <code>
/// age > max-age, or no good image and not on the way to one     critical
/// waits for the administrator (adopt)                           critical
/// no good image yet, the first scan or catch-up under way       warning
/// age within max-age, but an error stands or no connection      warning
/// the server's store has less room than its second threshold    critical
/// ... than its first one                                        warning
/// a verify has found differences that were not repaired         warning
/// else                                                          ok
/// </code>
/// A volume with the rescan-only tap has no consistent moments; its age is that of its last complete scan.
/// </summary>
internal static class CheckRules
{
    /// <summary>The verdict on one end of one volume.</summary>
    public static CheckFinding Judge(MirrorStatus status, TimeSpan maxAge)
    {
        double? age = Age(status);
        (CheckLevel level, string message) = status switch
        {
            { Needs: { } needs } => (CheckLevel.Critical, $"waits for 'diskmirror {needs.Replace("adopt", $"adopt {status.Volume}", StringComparison.Ordinal)}'{Error(status)}"),
            _ when age > maxAge.TotalSeconds => (CheckLevel.Critical, $"the image is {Text(age)} old, allowed are {Text(maxAge.TotalSeconds)}; {State(status)}{Error(status)}"),
            { StoreSpace: SpaceLevel.Critical } => (CheckLevel.Critical, $"the store is nearly full: {Room(status)}"),
            { State: MirrorState.NoConn } when age is null => (CheckLevel.Critical, $"there is no good image yet, and no connection{Error(status)}"),
            _ when age is null => (CheckLevel.Warning, $"there is no good image yet; {State(status)}{Progress(status)}{Error(status)}"),
            { State: MirrorState.NoConn } => (CheckLevel.Warning, $"no connection; the image is {Text(age)} old{Error(status)}"),
            { LastError: not null } => (CheckLevel.Warning, $"{State(status)}, the image is {Text(age)} old{Error(status)}"),
            { LastVerify: { } verify } when verify.DifferingBytes > verify.RepairedBytes => (CheckLevel.Warning,
                $"the last verify found {ByteQuantity.Format(verify.DifferingBytes - verify.RepairedBytes)} of the image that differ: 'diskmirror verify {status.Volume} --repair', and see to the server's storage"),
            { StoreSpace: SpaceLevel.Low } => (CheckLevel.Warning, $"room in the store becomes short: {Room(status)}"),
            _ => (CheckLevel.Ok, $"{State(status)}, the image is {Text(age)} old"),
        };
        return new CheckFinding
        {
            Level = level,
            Volume = status.Volume,
            Role = status.Role,
            Message = $"{status.Volume} ({(status.Role == MirrorRole.Client ? "client" : "server")}): {message}",
            AgeSeconds = age,
        };
    }

    private static double? Age(MirrorStatus status) => status.Tap == TapKind.RescanOnly
        ? Younger(status.ScanAgeSeconds, status.ConsistentAgeSeconds)
        : status.ConsistentAgeSeconds;

    private static double? Younger(double? a, double? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    private static string State(MirrorStatus status) => status.Behind ? $"{status.State}, the writer is faster than the link" : status.State.ToString();

    private static string Progress(MirrorStatus status) => status switch
    {
        { State: MirrorState.Scanning, SizeBytes: > 0 } => string.Create(CultureInfo.InvariantCulture, $", {100.0 * status.ScannedBytes / status.SizeBytes:0} % scanned"),
        { State: MirrorState.CatchUp } => $", {ByteQuantity.Format(status.PendingBytes)} to go",
        _ => "",
    };

    private static string Error(MirrorStatus status) => status.LastError is { } error ? $": {error}" : "";

    private static string Room(MirrorStatus status) => string.Create(CultureInfo.InvariantCulture,
        $"{ByteQuantity.Format(status.StoreFreeBytes ?? 0)} of {ByteQuantity.Format(status.StoreSizeBytes ?? 0)} are free. Remove snapshots ('diskmirror snapshot list {status.Volume}') or volumes, or give the store more");

    private static string Text(double? seconds) => Durations.Format(seconds ?? 0);
}
