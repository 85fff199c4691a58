using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Operations;

namespace Mirror.Cli.Terminal;

/// <summary>JSON on stdout: indented for once, one line each when watched.</summary>
internal static class JsonOut
{
    private static readonly MirrorJson Indented = new(new JsonSerializerOptions(MirrorJson.Default.Options) { WriteIndented = true });

    public static void Write(IReadOnlyList<MirrorStatus> statuses, bool oneLine) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(statuses, (oneLine ? MirrorJson.Default : Indented).IReadOnlyListMirrorStatus));

    public static void Write(IReadOnlyList<HostDisk> disks) => Console.Out.WriteLine(JsonSerializer.Serialize(disks, Indented.IReadOnlyListHostDisk));

    public static void Write(CheckResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, Indented.CheckResult));
}
