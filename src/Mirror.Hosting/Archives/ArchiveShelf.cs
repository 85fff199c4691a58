using System.Globalization;
using Mirror.Driver.Files;
using Mirror.Dump.Archive;

namespace Mirror.Hosting.Archives;

/// <summary>
/// The archives of one volume that its server made: <c>DIRECTORY/VOLUME/2026-11-24T02-00-00Z.dump</c>, of a disk with partitions <c>....p2.dump</c>, of a higher level than 0
/// <c>....level1.dump</c>. The names tell all of them, so that they can be looked at, moved and removed by hand; beside them <c>dumpdates</c> keeps their dates, in stock dump's form,
/// by file and id of the file system. What is not noted there is nothing to build on.
/// </summary>
internal sealed class ArchiveShelf(string directory, string volume)
{
    private const string TimeForm = "yyyy-MM-dd'T'HH-mm-ss'Z'";
    private const string Suffix = ".dump";
    private const string Incomplete = ".incomplete";
    private const string LevelMark = "level";

    private readonly string place = Path.Combine(directory, volume);

    /// <summary>The directory, for messages.</summary>
    public string Place => place;

    /// <summary>The archives that are there, the oldest first.</summary>
    public IReadOnlyList<ShelvedArchive> Archives() => [.. Files().OrderBy(f => f.Time).ThenBy(f => f.Path, StringComparer.Ordinal)];

    /// <summary>The date of an archive, seconds since 1970, to build on; null when it is not noted, or not for this file system.</summary>
    /// <exception cref="IOException">What is noted cannot be read.</exception>
    public long? DateOf(ShelvedArchive archive, string fileSystem) => DumpDates.Read(DatesPath).DateOf(Line(archive.Path, fileSystem), archive.Level);

    /// <summary>Notes the date of an archive, and forgets those that have gone.</summary>
    public void Note(string path, string fileSystem, int level, long date)
    {
        DumpDates dates = DumpDates.Read(DatesPath);
        dates.Forget(name => !File.Exists(Path.Combine(place, name.Split(' ')[0])));
        dates.Note(Line(path, fileSystem), level, date, new FileDurability());
    }

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
    public string PathOf(DateTimeOffset time, int? partition, int level) => Path.Combine(place, time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture)
        + (partition is { } number ? FormattableString.Invariant($".p{number}") : "") + (level > 0 ? FormattableString.Invariant($".{LevelMark}{level}") : "") + Suffix);

    /// <summary>Removes all files of one time.</summary>
    public void Remove(DateTimeOffset time)
    {
        foreach (ShelvedArchive archive in Files().Where(f => f.Time == time).ToArray()) File.Delete(archive.Path);
    }

    private string DatesPath => Path.Combine(place, "dumpdates");

    private static string Line(string path, string fileSystem) => $"{Path.GetFileName(path)} {fileSystem}".TrimEnd();

    private IEnumerable<ShelvedArchive> Files()
    {
        if (!Directory.Exists(place)) yield break;
        foreach (string path in Directory.EnumerateFiles(place, "*" + Suffix))
        {
            string[] parts = Path.GetFileName(path).Split('.');
            if (!DateTimeOffset.TryParseExact(parts[0], TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)) continue;
            yield return new ShelvedArchive(time, Number(parts, "p"), Number(parts, LevelMark) ?? 0, path);
        }
    }

    private static int? Number(string[] parts, string mark)
    {
        foreach (string part in parts)
        {
            if (part.StartsWith(mark, StringComparison.Ordinal) && int.TryParse(part.AsSpan(mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return number;
        }
        return null;
    }
}
