using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Security;
using Mirror.Core.Store;
using Mirror.Driver.Images;
using Mirror.Dump.FileSystems;
using Mirror.Hosting.Settings;

namespace Mirror.Hosting.Archives;

/// <summary>
/// What an archive is made of: an image, a disk or a partition by its path, or on a server's host a volume, <c>VOLUME</c> or <c>VOLUME@SNAPSHOT</c>. A volume is read from a snapshot that is
/// taken for this and removed afterwards (by the server, when this process is killed), so it is one instant of the disk, and the mirror goes on meanwhile.
/// </summary>
public static class ArchiveSource
{
    /// <summary>Whether this is a path: anything with a slash, and whatever is there by that name.</summary>
    public static bool IsPath(string source) => source.Contains('/', StringComparison.Ordinal) || File.Exists(source);

    /// <summary>What stands for a source in the file that keeps the dates of levels: the path, or the volume's name, whichever snapshot of it is read.</summary>
    public static string KnownAs(string source, int? partition)
    {
        string name = IsPath(source) ? Path.GetFullPath(source) : source.Split('@')[0];
        return partition is { } number && !IsPath(source) ? FormattableString.Invariant($"{name}:{number}") : name;
    }

    /// <summary>Opens the file system.</summary>
    /// <param name="source">A path, or a volume.</param>
    /// <param name="partition">The partition's number; null when the file system begins at the first byte.</param>
    /// <param name="cancellation">Gives up waiting for the server.</param>
    /// <exception cref="UsageException">It is neither.</exception>
    /// <exception cref="MirrorControlException">The server does not run here, has no such snapshot, or can take none.</exception>
    /// <exception cref="IOException">It cannot be read, or has no file system that can.</exception>
    public static async Task<IFileSystem> OpenAsync(string source, int? partition, CancellationToken cancellation)
    {
        if (IsPath(source)) return FileSystem.Open(source, partition);
        string[] parts = source.Split('@');
        if (parts.Length > 2 || !Array.TrueForAll(parts, VolumeName.IsValid)) throw new UsageException($"'{source}' is no file, and no VOLUME or VOLUME@SNAPSHOT either. {VolumeName.Rule}");
        MirrorOperations mirrors = HostOperations.Create();
        return Open(parts.Length == 2 ? await FindAsync(mirrors, parts[0], parts[1], cancellation).ConfigureAwait(false) : await TakeAsync(mirrors, parts[0], cancellation).ConfigureAwait(false), partition);
    }

    /// <summary>Opens the file system in a source; a failure closes it.</summary>
    internal static IFileSystem Open(IBlockSource source, int? partition)
    {
        try
        {
            return FileSystem.Open(partition is { } number ? new PartitionBlockSource(source, PartitionTable.Find(source, number)) : source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static async Task<IBlockSource> FindAsync(MirrorOperations mirrors, string volume, string snapshot, CancellationToken cancellation)
    {
        SnapshotHistory history = await mirrors.SnapshotsAsync(volume, cancellation).ConfigureAwait(false);
        SnapshotInfo found = history.Snapshots.FirstOrDefault(s => s.Name == snapshot)
            ?? throw new MirrorControlException($"Volume {volume} has no snapshot {snapshot}. 'diskmirror snapshot list {volume}' shows those that it has.") { Failure = ControlFailure.NotFound };
        return Held(found, $"{volume}@{snapshot}", () => { });
    }

    private static async Task<IBlockSource> TakeAsync(MirrorOperations mirrors, string volume, CancellationToken cancellation)
    {
        SnapshotInfo passing;
        try
        {
            passing = await mirrors.NewSnapshotAsync(volume, PassingSnapshots.ForArchive(), cancellation).ConfigureAwait(false);
        }
        catch (MirrorControlException e) when (e.Failure == ControlFailure.CloneUnsupported)
        {
            throw new MirrorControlException($"{e.Message} A volume that is live can only be archived from here by way of a snapshot. The server itself can do without: give it --archives and --archive-directory "
                + $"(docs/operations.md, Archives). Or restore it into a file (diskmirror restore {volume} ... --to FILE), and archive that.", e)
            { Failure = e.Failure };
        }
        void Remove()
        {
            try
            {
                mirrors.RemoveSnapshotAsync(volume, passing.Name, CancellationToken.None).GetAwaiter().GetResult();
            }
            catch (MirrorControlException e) when (e.Failure == ControlFailure.NotFound)
            {
                // Since it was closed the server took it for a leftover.
            }
        }
        try
        {
            return Held(passing, volume, Remove);
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <summary>While it is open nobody can remove it.</summary>
    private static ReaderBlockSource Held(SnapshotInfo snapshot, string name, Action after)
    {
        IImageFile file = new ImageFiles().Open(snapshot.Path, ImageOpenMode.Read);
        return new ReaderBlockSource(name, new FileReader(file, snapshot.SizeBytes), () =>
        {
            file.Dispose();
            after();
        });
    }
}
