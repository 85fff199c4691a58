using System.Globalization;
using System.Text;
using Mirror.Core.Files;

namespace Mirror.Dump.Archive;

/// <summary>
/// When which level of what was archived last. The file has the form of stock dump's <c>/var/lib/dumpdates</c>: name, level, date, a line each. The name is whatever stands for one
/// file system over time: a device, an image, or a mirrored volume.
/// </summary>
public sealed class DumpDates
{
    private const string DateForm = "ddd MMM d HH:mm:ss yyyy zzz";
    private const int MaxBytes = 16 << 20;

    private readonly List<(string Name, int Level, DateTimeOffset Date)> _lines = [];
    private readonly string _path;

    private DumpDates(string path) => _path = path;

    /// <summary>Reads the file; there is nothing in one that is not there.</summary>
    /// <exception cref="IOException">It cannot be read, or a line is none.</exception>
    public static DumpDates Read(string path)
    {
        DumpDates dates = new(path);
        if (!File.Exists(path)) return dates;
        if (new FileInfo(path).Length > MaxBytes) throw new IOException($"{path} is larger than {MaxBytes} bytes, which no such file is.");
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Trim().Length == 0) continue;
            string[] parts = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 7 || parts[^7] is not [>= '0' and <= '9'] && parts.Length < 8) throw Bad(number);
            // From the right: names may have blanks. Weekday, month, day, time, year, zone.
            string date = string.Join(' ', parts[^6..]);
            string zone = parts[^1].Length == 5 ? parts[^1][..3] + ":" + parts[^1][3..] : parts[^1];
            date = date[..^parts[^1].Length] + zone;
            if (parts[^7] is not [>= '0' and <= '9'] || !DateTimeOffset.TryParseExact(date, DateForm, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out DateTimeOffset when)) throw Bad(number);
            dates._lines.Add((string.Join(' ', parts[..^7]), parts[^7][0] - '0', when));
        }
        return dates;

        IOException Bad(int at) => new($"{path}: line {at} is no line of a dumpdates file (name, level, date). Mend it, or move the file away and begin with level 0.");
    }

    /// <summary>The date of the newest archive of a lower level, seconds since 1970; null when there is none.</summary>
    public long? Since(string name, int level) =>
        _lines.Where(l => l.Name == name && l.Level < level).Select(l => (long?)l.Date.ToUnixTimeSeconds()).Max();

    /// <summary>The date that is noted for just this name and level, seconds since 1970; null when there is none.</summary>
    public long? DateOf(string name, int level) =>
        _lines.Where(l => l.Name == name && l.Level == level).Select(l => (long?)l.Date.ToUnixTimeSeconds()).Max();

    /// <summary>Leaves names out that have gone; the file changes with the next <see cref="Note"/>.</summary>
    public void Forget(Func<string, bool> gone) => _lines.RemoveAll(l => gone(l.Name));

    /// <summary>Notes an archive, durably. When that fails, the file is as it was.</summary>
    /// <param name="name">Of the file system.</param>
    /// <param name="level">0 to 9.</param>
    /// <param name="date">Of the archive, seconds since 1970.</param>
    /// <param name="durability">What makes it durable.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Note(string name, int level, long date, IFileDurability durability)
    {
        _lines.RemoveAll(l => l.Name == name && l.Level == level);
        _lines.Add((name, level, DateTimeOffset.FromUnixTimeSeconds(date)));
        string directory = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        Directory.CreateDirectory(directory);
        string fresh = $"{_path}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream file = new(fresh, FileMode.CreateNew))
            {
                file.Write(Encoding.UTF8.GetBytes(string.Concat(_lines.Select(Line))));
                file.Flush();
                durability.SyncFile(file.SafeFileHandle, fresh);
            }
            File.Move(fresh, _path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
        durability.SyncDirectory(directory);
    }

    private static string Line((string Name, int Level, DateTimeOffset Date) line)
    {
        DateTime date = line.Date.UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{line.Name} {line.Level} {date:ddd MMM} {date.Day,2} {date:HH:mm:ss yyyy} +0000\n");
    }
}
