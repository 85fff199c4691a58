using System.Globalization;
using Mirror.Driver.Files;

namespace Mirror.Hosting.Archives;

/// <summary>
/// The archives of one volume that its server made: <c>DIRECTORY/VOLUME/2026-11-24T02-00-00Z.dump</c>, of a disk with partitions <c>....p2.dump</c>. The names are all
/// that is kept, so that archives can be looked at, moved and removed by hand.
/// </summary>
internal sealed class ArchiveShelf(string directory, string volume)
{
    private const string TimeForm = "yyyy-MM-dd'T'HH-mm-ss'Z'";
    private const string Suffix = ".dump";
    private const string Incomplete = ".incomplete";

    private readonly string place = Path.Combine(directory, volume);

    /// <summary>When archives were begun, the oldest first.</summary>
    public IReadOnlyList<DateTimeOffset> Times() => [.. Files().Select(f => f.Time).Distinct().Order()];

    /// <summary>Makes the directory, for its owner only, and removes what a crash left.</summary>
    public void Prepare()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(place);
        else Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The archives in it are only as durable as its name.
        new FileDurability().SyncDirectory(directory);
        foreach (string left in Directory.EnumerateFiles(place, "*" + Suffix + Incomplete)) File.Delete(left);
    }

    /// <summary>The file of an archive.</summary>
    public string PathOf(DateTimeOffset time, int? partition) => Path.Combine(place,
        time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture) + (partition is { } number ? FormattableString.Invariant($".p{number}") : "") + Suffix);

    /// <summary>Removes all files of one time.</summary>
    public void Remove(DateTimeOffset time)
    {
        foreach ((DateTimeOffset at, string path) in Files().ToArray())
        {
            if (at == time) File.Delete(path);
        }
    }

    private IEnumerable<(DateTimeOffset Time, string Path)> Files()
    {
        if (!Directory.Exists(place)) yield break;
        foreach (string path in Directory.EnumerateFiles(place, "*" + Suffix))
        {
            string name = Path.GetFileName(path).Split('.')[0];
            if (DateTimeOffset.TryParseExact(name, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)) yield return (time, path);
        }
    }
}
