using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;

namespace Mirror.PowerShell.Completion;

/// <summary>What can be completed, each with a word about it. Nobody waits for a completion: what does not answer in a second is left out.</summary>
internal static class Completions
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>The volumes that run on this host.</summary>
    public static IEnumerable<(string Word, string About)> Volumes() =>
        Survey().Volumes.DistinctBy(v => v.Volume).Select(v => (v.Volume, StatusText.Line(v)));

    /// <summary>The servers that run on this host.</summary>
    public static IEnumerable<(string Word, string About)> Servers() =>
        Survey().Servers.Select(s => (s.Name, $"{s.Place}, {s.EndPoint}, process {s.Pid}"));

    /// <summary>The disks of this host, by number and by path.</summary>
    public static IEnumerable<(string Word, string About)> Disks()
    {
        IReadOnlyList<MirrorDisk> disks = MirrorDisk.List();
        IEnumerable<(string, string)> numbers = disks.Where(d => d.Number is not null).Select(d => (d.Number!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), $"{d.Path}, {About(d)}"));
        return numbers.Concat(disks.Select(d => (d.Path, About(d))));
    }

    /// <summary>The services that are registered on this host.</summary>
    public static IEnumerable<(string Word, string About)> Services() =>
        ServiceRegistry.Names(MirrorRole.Client).Select(n => (n, "client")).Concat(ServiceRegistry.Names(MirrorRole.Server).Select(n => (n, "server")));

    /// <summary>Those that begin with what was typed; none when they cannot be had.</summary>
    public static IReadOnlyList<(string Word, string About)> Matching(Func<IEnumerable<(string Word, string About)>> all, string typed)
    {
        try
        {
            string begin = typed.Trim('\'', '"');
            return [.. all().Where(c => c.Word.StartsWith(begin, StringComparison.OrdinalIgnoreCase)).Select(c => (c.Word, PlainText.Clean(c.About)))];
        }
        catch (Exception e) when (e is MirrorControlException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return [];
        }
    }

    private static string About(MirrorDisk disk) => $"{disk.Size} {disk.Model} {string.Join(", ", disk.Mounts)}".Trim();

    private static ControlSurvey Survey()
    {
        using CancellationTokenSource late = new(Limit);
        return Task.Run(() => HostOperations.Create().StatusAsync(null, late.Token)).GetAwaiter().GetResult();
    }
}
