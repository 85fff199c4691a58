using Mirror.Core.Store;
using Mirror.Driver.Files;
using Mirror.Dump;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;

namespace Mirror.Hosting.Archives;

/// <summary>Archives one volume as a view shows it: its file system, or that of each partition that can be read.</summary>
internal sealed class ArchiveRun(string volume, IConsistentView view, ArchivePlan plan, ArchiveShelf shelf, DateTimeOffset time)
{
    /// <summary>Writes the archives, durably. When one fails, none of this time stays.</summary>
    /// <param name="note">Told of partitions that are passed over.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="IOException">It could not be written, or there is nothing that can be read.</exception>
    public IReadOnlyList<DumpResult> Write(Action<string> note, CancellationToken cancellation)
    {
        shelf.Prepare();
        try
        {
            using ReaderBlockSource whole = Source();
            if (FileSystem.IsPresent(whole)) return [WriteOne(null, cancellation)];
            List<DumpResult> written = [];
            foreach (Partition partition in PartitionTable.Read(whole))
            {
                using PartitionBlockSource part = new(Source(), partition);
                if (FileSystem.IsPresent(part)) written.Add(WriteOne(partition.Number, cancellation));
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

    private DumpResult WriteOne(int? partition, CancellationToken cancellation)
    {
        string path = shelf.PathOf(time, partition);
        using IFileSystem source = ArchiveSource.Open(Source(), partition);
        DumpRequest request = new()
        {
            CompressionLevel = plan.CompressionLevel,
            DeviceName = partition is { } number ? FormattableString.Invariant($"{volume}:{number}") : volume,
            HostName = Environment.MachineName,
        };
        using ArchiveSeal? seal = ArchiveProtection.Seal(plan.Recipients, null, request, null, null);
        // Older ones are removed because this one is there, durably.
        using FileVolumeSet file = new(path, several: false, replace: false, new FileDurability());
        return ArchiveOperations.Dump(source, request, file, null, seal, null, cancellation) with { Archive = path };
    }

    /// <summary>The view is closed by its owner.</summary>
    private ReaderBlockSource Source() => new(volume, view, () => { });
}
