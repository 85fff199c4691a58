using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Security;

namespace Mirror.Core.Store;

/// <summary>
/// The history of one volume: <c>snapshots/NAME</c>, a clone of the image, with <c>NAME.json</c>, which is written last and removed first, so that it says
/// whether the snapshot is whole. Every member may block; the lock keeps two changes apart.
/// </summary>
internal sealed class SnapshotStore(string volume, VolumeFiles places, IImageFiles files)
{
    private const string Suffix = ".json";
    private const int MostRecordBytes = 64 << 10;
    private const int MostSnapshots = 4096;

    private static readonly TimeSpan CountingLimit = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private int _changes;

    /// <summary>Counts what was made and removed, so that a list that was made before is known to be old.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Clones what a view shows.</summary>
    /// <param name="view">A settled view.</param>
    /// <param name="name">The name; null for one of the time.</param>
    /// <param name="record">What else is to be known.</param>
    /// <param name="clock">Measures the clone, and names it.</param>
    /// <exception cref="IOException">It cannot be made; nothing is left of it.</exception>
    public SnapshotInfo Create(IConsistentView view, string? name, VolumeRecord record, TimeProvider clock)
    {
        lock (_lock)
        {
            DateTimeOffset now = clock.GetUtcNow();
            string named = name ?? FreeName("", now);
            RequireName(named);
            if (files.Exists(RecordPath(named))) throw new IOException($"Volume {volume} has a snapshot {named} already. Give another name, or remove that one first.");
            if (Names().Count >= MostSnapshots) throw new IOException($"Volume {volume} has {MostSnapshots} snapshots, which is the most. Remove some, or let a rule do it.");
            files.CreateDirectory(places.Snapshots);
            files.Delete(DataPath(named));  // of a clone that was broken off
            long started = clock.GetTimestamp();
            try
            {
                files.Clone(view.ImagePath!, DataPath(named));
                if (record.SizeBytes != view.SizeBytes) Cut(DataPath(named), view.SizeBytes);
            }
            catch
            {
                files.Delete(DataPath(named));
                throw;
            }
            var made = new SnapshotRecord
            {
                Version = SnapshotRecord.CurrentVersion,
                Taken = now,
                Mark = view.Mark.N,
                Random = view.Mark.Random,
                Incarnation = view.Mark.Incarnation,
                Time = view.Mark.Time,
                SizeBytes = view.SizeBytes,
                LogicalBlockBytes = record.LogicalBlockBytes,
                Identity = record.Identity,
                ByRule = name is null,
                CloneMilliseconds = (long)clock.GetElapsedTime(started).TotalMilliseconds,
            };
            Interlocked.Increment(ref _changes);
            files.ReplaceSmall(RecordPath(named), JsonSerializer.SerializeToUtf8Bytes(made, VolumeRecordJson.Default.SnapshotRecord));
            return Info(named, made, null);
        }
    }

    /// <summary>Every snapshot, the oldest first.</summary>
    /// <param name="count">Also find out the bytes unique to each, for ten seconds at most.</param>
    public IReadOnlyList<SnapshotInfo> List(bool count)
    {
        long start = Environment.TickCount64;
        List<SnapshotInfo> all = [];
        foreach (string name in Names())
        {
            if (Read(name) is not { } record) continue;
            long? unique = count && Environment.TickCount64 - start < CountingLimit.TotalMilliseconds ? files.UniqueBytes(DataPath(name)) : null;
            all.Add(Info(name, record, unique));
        }
        return [.. all.OrderBy(s => s.Taken).ThenBy(s => s.Name, StringComparer.Ordinal)];
    }

    /// <summary>Removes a snapshot.</summary>
    /// <exception cref="FileNotFoundException">There is none of this name.</exception>
    /// <exception cref="StoreInUseException">Somebody reads it.</exception>
    public void Remove(string name)
    {
        lock (_lock)
        {
            RequireThere(name);
            // Held by nobody, or not removed: a reader would not lose it, but its space would not come back either.
            if (files.Exists(DataPath(name))) files.Open(DataPath(name), ImageOpenMode.Existing).Dispose();
            Interlocked.Increment(ref _changes);
            files.Delete(RecordPath(name));
            files.Delete(DataPath(name));
        }
    }

    /// <summary>Opens a snapshot for reading; it cannot be removed meanwhile.</summary>
    /// <exception cref="FileNotFoundException">There is none of this name.</exception>
    public SnapshotView Open(string name)
    {
        lock (_lock)
        {
            SnapshotRecord record = RequireThere(name);
            IImageFile file = files.Open(DataPath(name), ImageOpenMode.Read);
            return new SnapshotView(file, record);
        }
    }

    /// <summary>Which snapshots there are, in a sentence that fits into a refusal: the newest by name, the rest counted.</summary>
    public string Describe()
    {
        const int named = 5;
        string[] newestFirst = [.. List(count: false).Reverse().Select(s => s.Name)];
        string more = newestFirst.Length > named ? $" and {newestFirst.Length - named} older ones" : "";
        return newestFirst.Length == 0 ? "There is none at all." : $"There are {string.Join(", ", newestFirst.Take(named))}{more} ('diskmirror snapshot list {volume}' on the server's host).";
    }

    /// <summary>A snapshot's name is one that fits into a path and on a command line.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static void RequireName(string name)
    {
        if (!VolumeName.IsValid(name) || name.EndsWith(Suffix, StringComparison.Ordinal) || name.EndsWith(".new", StringComparison.Ordinal))
            throw new FormatException($"'{Wire.WireText.Clean(name, 64)}' is no name for a snapshot. {VolumeName.Rule}");
    }

    /// <summary>The disk has grown since the mark, and the image with it: the snapshot has the size of its own time.</summary>
    private void Cut(string path, long bytes)
    {
        using IImageFile file = files.Open(path, ImageOpenMode.Existing);
        file.SetSize(bytes);
        file.Flush();
    }

    private SnapshotRecord RequireThere(string name)
    {
        RequireName(name);
        return (files.Exists(RecordPath(name)) ? Read(name) : null) ?? throw new FileNotFoundException($"Volume {volume} has no snapshot {name}. 'diskmirror snapshot list {volume}' shows those that it has.");
    }

    private List<string> Names() => [.. files.Files(places.Snapshots).Where(f => f.EndsWith(Suffix, StringComparison.Ordinal)).Select(f => f[..^Suffix.Length]).Where(VolumeName.IsValid)];

    private SnapshotRecord? Read(string name)
    {
        byte[]? text = files.ReadSmall(RecordPath(name), MostRecordBytes);
        if (text is null) return null;
        try
        {
            SnapshotRecord? record = JsonSerializer.Deserialize(text, VolumeRecordJson.Default.SnapshotRecord);
            return record is { Version: SnapshotRecord.CurrentVersion, SizeBytes: > 0 } ? record : throw new JsonException("it is of another version");
        }
        catch (JsonException e)
        {
            throw new StoreUnusableException($"{RecordPath(name)} cannot be read: {e.Message}. The snapshot's data beside it is left as it is; put the record back from a backup, or remove both.", e);
        }
    }

    /// <summary>A name made of the time that no snapshot has.</summary>
    public string FreeName(string prefix, DateTimeOffset now)
    {
        string name = prefix + now.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        string free = name;
        for (int i = 2; files.Exists(RecordPath(free)); i++) free = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}-{i}");
        return free;
    }

    private SnapshotInfo Info(string name, SnapshotRecord record, long? unique) => new()
    {
        Volume = volume,
        Name = name,
        Taken = record.Taken,
        DiskTime = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(record.Time, 253402300799999)),
        Mark = (long)Math.Min(record.Mark, long.MaxValue),
        SizeBytes = record.SizeBytes,
        LogicalBlockBytes = record.LogicalBlockBytes,
        ByRule = record.ByRule,
        CloneMilliseconds = record.CloneMilliseconds,
        UniqueBytes = unique,
        Path = DataPath(name),
    };

    private string DataPath(string name) => Path.Combine(places.Snapshots, name);

    private string RecordPath(string name) => Path.Combine(places.Snapshots, name + Suffix);
}
