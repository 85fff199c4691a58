using Mirror.Core.Store;
using Mirror.Driver.Files;
using Mirror.Dump;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;

namespace Mirror.Hosting.Archives;

/// <summary>Archives one volume as a view shows it: its file system, or that of each partition that can be read. A higher level than 0 is a whole one where nothing is there to build on.</summary>
internal sealed class ArchiveRun(string volume, IConsistentView view, ArchivePlan plan, ArchiveShelf shelf, DateTimeOffset time, int level)
{
    /// <summary>Writes the archives, durably. When one fails, none of this time stays.</summary>
    /// <param name="note">Told of partitions that are passed over, and of levels that are whole ones.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="IOException">It could not be written, or there is nothing that can be read.</exception>
    public IReadOnlyList<DumpResult> Write(Action<string> note, CancellationToken cancellation)
    {
        shelf.Prepare();
        try
        {
            using ReaderBlockSource whole = Source();
            if (FileSystem.IsPresent(whole)) return [WriteOne(null, note, cancellation)];
            List<DumpResult> written = [];
            foreach (Partition partition in PartitionTable.Read(whole))
            {
                using PartitionBlockSource part = new(Source(), partition);
                if (FileSystem.IsPresent(part)) written.Add(WriteOne(partition.Number, note, cancellation));
                else note($"{part.Name} has no file system that can be archived (ext2/3/4, UFS1/2); it is left out.");
            }
            return written.Count > 0 ? written : throw new DamagedException($"{volume} has no file system that can be archived (ext2/3/4, UFS1/2).");
        }
        catch
        {
            shelf.Remove(time);
            throw;
        }
    }

    private DumpResult WriteOne(int? partition, Action<string> note, CancellationToken cancellation)
    {
        using IFileSystem source = ArchiveSource.Open(Source(), partition);
        ShelvedArchive? below = ArchiveRule.BaseOf(shelf.Archives(), time, partition, level);
        long? since = below is null ? null : shelf.DateOf(below, source.Id);
        if (level > 0 && since is null) note($"{source.SourceName} has no archive here that a level {level} could build on, or another file system since; a level 0 is written.");
        int written = since is null ? 0 : level;
        string path = shelf.PathOf(time, partition, written);
        DumpRequest request = new()
        {
            Level = written,
            Since = since,
            CompressionLevel = plan.CompressionLevel,
            DeviceName = partition is { } number ? FormattableString.Invariant($"{volume}:{number}") : volume,
            HostName = Environment.MachineName,
        };
        using ArchiveSeal? seal = ArchiveProtection.Seal(plan.Recipients, null, request, null, null);
        // Older ones are removed because this one is there, durably.
        using FileVolumeSet file = new(path, several: false, replace: false, new FileDurability());
        DumpResult result = ArchiveOperations.Dump(source, request, file, null, seal, null, cancellation);
        shelf.Note(path, source.Id, written, result.Date);
        return result with { Archive = path };
    }

    /// <summary>The view is closed by its owner.</summary>
    private ReaderBlockSource Source() => new(volume, view, () => { });
}
