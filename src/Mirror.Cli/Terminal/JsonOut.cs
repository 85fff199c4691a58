using System.Text.Json;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Mounts;
using Mirror.Core.Operations;
using Mirror.Core.Restore;
using Mirror.Dump.Archive;

namespace Mirror.Cli.Terminal;

/// <summary>JSON on stdout: indented for once, one line each when watched.</summary>
internal static class JsonOut
{
    private static readonly MirrorJson Indented = new(new JsonSerializerOptions(MirrorJson.Default.Options) { WriteIndented = true });

    public static void Write(IReadOnlyList<MirrorStatus> statuses, bool oneLine) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(statuses, (oneLine ? MirrorJson.Default : Indented).IReadOnlyListMirrorStatus));

    public static void Write(IReadOnlyList<HostDisk> disks) => Console.Out.WriteLine(JsonSerializer.Serialize(disks, Indented.IReadOnlyListHostDisk));

    public static void Write(SnapshotInfo snapshot) => Console.Out.WriteLine(JsonSerializer.Serialize(snapshot, Indented.SnapshotInfo));

    public static void Write(SnapshotHistory history) => Console.Out.WriteLine(JsonSerializer.Serialize(history, Indented.SnapshotHistory));

    public static void Write(VerifyResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, Indented.VerifyResult));

    public static void Write(MountedImage mounted) => Console.Out.WriteLine(JsonSerializer.Serialize(mounted, Indented.MountedImage));

    public static void Write(RestoreResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, Indented.RestoreResult));

    public static void Write(CheckResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, Indented.CheckResult));

    public static void Write(DumpResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, ArchiveJson.Default.DumpResult));

    public static void Write(UndumpResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, ArchiveJson.Default.UndumpResult));

    public static void Write(UnprotectResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, ArchiveJson.Default.UnprotectResult));

    public static void Write(ArchiveEntry[] entries) => Console.Out.WriteLine(JsonSerializer.Serialize(entries, ArchiveJson.Default.ArchiveEntryArray));
}
