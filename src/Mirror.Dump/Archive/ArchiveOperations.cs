using Mirror.Core.Files;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.Archive.Restoring;
using Mirror.Dump.Archive.Writing;
using Mirror.Dump.Encryption;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive;

/// <summary>What commands and cmdlets do with archives.</summary>
public static class ArchiveOperations
{
    private const int MostMissing = 10_000;

    /// <summary>Writes an archive of a file system.</summary>
    /// <param name="source">The file system.</param>
    /// <param name="request">How.</param>
    /// <param name="volumes">Where to.</param>
    /// <param name="index">Where the index goes, or null.</param>
    /// <param name="seal">Encryption, or null.</param>
    /// <param name="progress">Told bytes written, and an estimate of all of them uncompressed.</param>
    /// <param name="cancellation">Stops it; the volumes are then not completed.</param>
    /// <exception cref="IOException">It could not be written, or the source has no root.</exception>
    public static DumpResult Dump(IFileSystem source, DumpRequest request, IVolumeSet volumes, Stream? index, ArchiveSeal? seal, Action<long, long>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.BlockRecords, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.BlockRecords, DumpFormat.MaxBlockRecords);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)request.CompressionLevel, 9u);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)request.Level, 9u);
        if (request.VolumeBytes > 0 && request.VolumeBytes < SmallestVolume(request.BlockRecords))
            throw new IOException($"A volume of {request.VolumeBytes} bytes is too small for tape blocks of {request.BlockRecords} KiB; the least is {SmallestVolume(request.BlockRecords)}.");
        return ArchiveWriter.Write(source, request, volumes, index, seal, progress, cancellation);
    }

    /// <summary>The smallest volume that can be asked for with such tape blocks.</summary>
    public static long SmallestVolume(int blockRecords) => (8L * ((blockRecords * DumpFormat.RecordBytes) + 256)) + (2 << 20);

    /// <summary>The names in an archive, directories before what is in them.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">For encrypted ones.</param>
    /// <param name="problems">What is damaged.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">It cannot be opened, or is none.</exception>
    public static IEnumerable<ArchiveEntry> List(IVolumeSource volumes, ArchiveOpener? opener, List<string> problems, CancellationToken cancellation = default)
    {
        using ArchiveWalk walk = new(volumes, opener);
        walk.ReadDirectories(cancellation);
        ArchiveCatalog catalog = walk.Catalog;
        foreach (ArchiveDirectory directory in catalog.Tree)
        {
            string path = ArchiveCatalog.PathOf(directory);
            yield return new ArchiveEntry(directory.Inode.Number, path, true, true);
            foreach ((uint inode, ArchiveName name) in catalog.EntriesOf(directory))
            {
                if (catalog.Directories.TryGetValue(inode, out ArchiveDirectory? below) && below.Parent == directory) continue;
                yield return new ArchiveEntry(inode, ArchiveCatalog.PathOf(name), false, catalog.Dumped[inode]);
            }
        }
        problems.AddRange(walk.Problems);
    }

    /// <summary>Restores an archive, or some paths of it.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">For encrypted ones.</param>
    /// <param name="index">What finds single inodes quickly, or null.</param>
    /// <param name="target">Where to.</param>
    /// <param name="paths">What; everything when empty.</param>
    /// <param name="replace">Whether files that are in the way are replaced.</param>
    /// <param name="progress">Told bytes of content.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">The archive cannot be opened, or a path is not in it. All else is in the result.</exception>
    public static UndumpResult Restore(IVolumeSource volumes, ArchiveOpener? opener, ArchiveIndex? index, IRestoreTarget target, IReadOnlyList<string> paths, bool replace,
        Action<long>? progress, CancellationToken cancellation)
    {
        using ArchiveWalk walk = new(volumes, opener);
        walk.ReadDirectories(cancellation);
        using ArchiveRestorer restorer = new(target, paths, replace, progress);
        if (index is not null && paths.Count > 0)
        {
            if (index.Date != walk.Catalog.Shape.Date) throw new IOException($"The index belongs to another archive than {volumes.Name}. Leave it away, or name the right one.");
            restorer.Begin(walk.Catalog);
            foreach (uint inode in restorer.Selection.Inodes())
            {
                if (index.Find(inode) is { } place) walk.Fetch(restorer, inode, place.Volume, place.Position, cancellation);
            }
        }
        else
        {
            walk.Run(restorer, cancellation);
        }
        restorer.CompleteFiles();
        restorer.CompleteDirectories();
        return Result(walk, volumes, restorer.Files, restorer.Directories, restorer.Bytes, restorer.Failures, [.. restorer.Problems, .. Missing(walk, restorer.Selection)]);
    }

    /// <summary>Compares a directory with an archive, or some paths of it.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">For encrypted ones.</param>
    /// <param name="target">What is compared.</param>
    /// <param name="paths">What; everything when empty.</param>
    /// <param name="progress">Told bytes of content.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">The archive cannot be opened, or a path is not in it.</exception>
    public static UndumpResult Compare(IVolumeSource volumes, ArchiveOpener? opener, IRestoreTarget target, IReadOnlyList<string> paths, Action<long>? progress, CancellationToken cancellation)
    {
        using ArchiveWalk walk = new(volumes, opener);
        walk.ReadDirectories(cancellation);
        using ArchiveComparer comparer = new(target, paths, progress);
        walk.Run(comparer, cancellation);
        return Result(walk, volumes, comparer.Files, comparer.Directories, comparer.Bytes, new FailureTally(), Missing(walk, comparer.Selection)) with { Differences = comparer.Differences };
    }

    /// <summary>Reads a whole archive and finds what is damaged or missing, without any file system to compare with: checksums, data checks, tags, the maps against what came.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">For encrypted ones.</param>
    /// <param name="progress">Told bytes of content.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">The archive cannot be opened.</exception>
    public static UndumpResult Check(IVolumeSource volumes, ArchiveOpener? opener, Action<long>? progress, CancellationToken cancellation)
    {
        using ArchiveWalk walk = new(volumes, opener);
        walk.ReadDirectories(cancellation);
        CheckVisitor found = new(progress);
        walk.Run(found, cancellation);
        IEnumerable<string> missing = walk.Catalog.MapsDamaged ? [] : walk.Catalog.Dumped.Inodes().Where(i => !walk.Seen.Contains(i)).Take(MostMissing)
            .Select(i => $"{walk.Catalog.Describe(i)}: is lost, nothing of it is in the archive.");
        return Result(walk, volumes, found.Files, walk.Catalog.Directories.Count, found.Bytes, new FailureTally(), missing);
    }

    /// <summary>Restores level 0 into an empty directory, or the next level into one that has the level below.</summary>
    /// <param name="volumes">Where it is.</param>
    /// <param name="opener">For encrypted ones.</param>
    /// <param name="target">Where to.</param>
    /// <param name="progress">Told bytes of content.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">The archive cannot be opened, or does not follow what is in the target.</exception>
    public static UndumpResult RestoreLevel(IVolumeSource volumes, ArchiveOpener? opener, IRestoreTarget target, Action<long>? progress, CancellationToken cancellation)
    {
        using ArchiveWalk walk = new(volumes, opener);
        walk.ReadDirectories(cancellation);
        ArchiveShape shape = walk.Catalog.Shape;
        ArchiveCatalog? old = RestoredState.Read(target);
        if (shape.PreviousDate == 0 && old is not null) throw new IOException($"{target.Name} has a restored level already, and {volumes.Name} is a level 0. Restore it into an empty directory.");
        if (shape.PreviousDate != 0 && old?.Shape.Date != shape.PreviousDate)
        {
            throw new IOException($"{volumes.Name} builds on the archive of {When(shape.PreviousDate)}, but {target.Name} has "
                + (old is null ? "nothing that was restored with --incremental" : $"that of {When(old.Shape.Date)}") + ". Restore the levels in their order.");
        }
        List<string> problems = [];
        ArchiveCatalog merged = walk.Catalog;
        long changed = 0;
        if (old is not null)
        {
            if (walk.Catalog.MapsDamaged) throw new DamagedException($"{volumes.Name}: its maps are damaged, so that nobody knows what was removed. Restore it into another directory, without --incremental.");
            using LevelRestorer level = new(target, old, walk.Catalog, problems.Add);
            level.Apply();
            (merged, changed) = (level.Merged, level.Changed);
        }
        using ArchiveRestorer restorer = new(target, [], replace: true, progress) { Merged = merged };
        walk.Run(restorer, cancellation);
        restorer.CompleteFiles();
        RestoredState.Write(target, merged, shape.Date);
        restorer.CompleteDirectories(directory => walk.Catalog.Directories.ContainsKey(directory.Inode.Number));
        return Result(walk, volumes, restorer.Files, walk.Catalog.Directories.Count, restorer.Bytes, restorer.Failures, [.. problems, .. restorer.Problems, .. Missing(walk, restorer.Selection)]) with { Removed = changed };
    }

    private static string When(long date) => DateTimeOffset.FromUnixTimeSeconds(date).ToString("u", System.Globalization.CultureInfo.InvariantCulture);

    internal static UndumpResult Result(ArchiveWalk walk, IVolumeSource volumes, long files, long directories, long bytes, FailureTally failures, IEnumerable<string> problems) => new()
    {
        Archive = volumes.Name,
        Level = walk.Catalog.Shape.Level,
        Date = walk.Catalog.Shape.Date,
        Label = walk.Catalog.Shape.Label,
        Directories = directories,
        Files = files,
        Bytes = bytes,
        NotSet = failures.Lines(),
        Problems = [.. walk.Problems, .. problems],
    };

    /// <summary>What the map says is in the archive and did not come.</summary>
    internal static IEnumerable<string> Missing(ArchiveWalk walk, ArchiveSelection selection)
    {
        int told = 0;
        if (walk.Catalog.MapsDamaged) yield break;
        InodeMap dumped = walk.Catalog.Dumped;
        foreach (uint inode in selection.IsAll ? dumped.Inodes() : selection.Inodes())
        {
            if (!dumped[inode] || walk.Seen.Contains(inode)) continue;
            if (told++ == MostMissing) yield break;
            yield return $"{walk.Catalog.Describe(inode)}: is lost, nothing of it is in the archive.";
        }
    }
}
