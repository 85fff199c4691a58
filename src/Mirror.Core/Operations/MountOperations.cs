using Mirror.Core.Control;
using Mirror.Core.Mounts;
using Mirror.Core.Store;

namespace Mirror.Core.Operations;

/// <summary>
/// Shows what is inside an image, on the server's host, without changing it: a throw-away clone is mounted, so that the file system's journal can be replayed
/// and the volume goes on underneath.
/// </summary>
/// <param name="mirrors">What runs on this host: the server takes the clone.</param>
/// <param name="mounts">Mounts on this host.</param>
public sealed class MountOperations(MirrorOperations mirrors, IImageMounts mounts)
{
    /// <summary>Mounts a file system of a volume, or of an image in a file, read-only.</summary>
    /// <param name="what">A volume's name, or the path of a file (anything with a slash in it).</param>
    /// <param name="snapshot">A snapshot of the volume; null for its last consistent state.</param>
    /// <param name="directory">Where; made when it is not there, and empty.</param>
    /// <param name="partition">The partition; null for the only one that holds a file system.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="MountException">It cannot be mounted.</exception>
    /// <exception cref="MirrorControlException">The server does not run, or has no such snapshot.</exception>
    public async Task<MountedImage> MountAsync(string what, string? snapshot, string directory, int? partition, CancellationToken cancellation)
    {
        if (what.Contains('/', StringComparison.Ordinal))
        {
            if (snapshot is not null) throw new MountException($"{what} is a file, and has no snapshots. Name the volume instead.");
            return mounts.Mount(new MountSource(Path.GetFullPath(what), Path.GetFullPath(what)), directory, partition);
        }
        if (snapshot is not null)
        {
            SnapshotHistory history = await mirrors.SnapshotsAsync(what, cancellation).ConfigureAwait(false);
            SnapshotInfo found = history.Snapshots.FirstOrDefault(s => s.Name == snapshot)
                ?? throw new MirrorControlException($"Volume {what} has no snapshot {snapshot}. 'diskmirror snapshot list {what}' shows those that it has.") { Failure = ControlFailure.NotFound };
            return mounts.Mount(SourceOf(found), directory, partition);
        }
        // Only for as long as it takes to clone it once more: the clone that is mounted has no name, and needs none.
        SnapshotInfo passing;
        try
        {
            passing = await mirrors.NewSnapshotAsync(what, PassingSnapshots.ForMount(), cancellation).ConfigureAwait(false);
        }
        catch (MirrorControlException e)
        {
            throw new MountException($"{e.Message} A volume that is live can only be looked into by way of a snapshot. Where there can be none, restore it into a file (diskmirror restore {what} ... --to FILE: "
                + "that is a consistent state, too), and mount that: diskmirror mount FILE --at DIR.", e);
        }
        try
        {
            return mounts.Mount(SourceOf(passing), directory, partition);
        }
        finally
        {
            try
            {
                await mirrors.RemoveSnapshotAsync(what, passing.Name, CancellationToken.None).ConfigureAwait(false);
            }
            catch (MirrorControlException e) when (e.Failure == ControlFailure.NotFound)
            {
                // The server took it for a leftover.
            }
        }
    }

    /// <summary>What is mounted now.</summary>
    public IReadOnlyList<MountedImage> List() => mounts.List();

    /// <summary>Ends one mount by its directory, or all of a volume by its name.</summary>
    /// <returns>What was ended.</returns>
    /// <exception cref="MountException">There is none, or it is in use.</exception>
    public IReadOnlyList<MountedImage> Unmount(string what)
    {
        string path = Path.GetFullPath(what);
        IReadOnlyList<MountedImage> all = mounts.List();
        MountedImage[] meant = [.. all.Where(m => m.Directory == path)];
        if (meant.Length == 0) meant = [.. all.Where(m => m.Name == what || m.Name == path)];
        if (meant.Length == 0)
        {
            string those = all.Count == 0 ? "Nothing is mounted by 'diskmirror mount'." : $"Mounted are: {string.Join(", ", all.Select(m => $"{m.Name} at {m.Directory}"))}.";
            throw new MountException($"{what} is no mount of an image. {those}");
        }
        foreach (MountedImage mounted in meant) mounts.Unmount(mounted);
        return meant;
    }

    private static MountSource SourceOf(SnapshotInfo snapshot) => new(snapshot.Volume, snapshot.Path, snapshot.SizeBytes, snapshot.LogicalBlockBytes, ThrowAway: true);
}
