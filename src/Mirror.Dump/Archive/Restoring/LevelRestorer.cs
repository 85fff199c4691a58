using System.Text;
using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>
/// Brings a target from one level to the next before the new content comes: what was removed goes, what was renamed moves.
/// <list type="number">
/// <item>Each name that does not stay is taken away; the last name of an inode that lives on goes to a directory aside.</item>
/// <item>Directories that move or go are put aside, from below.</item>
/// <item>From above, directories come to their new places or are made; then files that were put aside, and links.</item>
/// <item>What is still aside was removed in the source.</item>
/// </list>
/// Only what an earlier level restored is touched.
/// </summary>
internal sealed class LevelRestorer(IRestoreTarget target, ArchiveCatalog old, ArchiveCatalog archive, Action<string> problem) : IDisposable
{
    private static readonly byte[] AsideName = ".diskmirror-undump.aside"u8.ToArray();

    private readonly TargetTree _before = new(target), _after = new(target);
    private readonly HashSet<uint> _aside = [];
    private ITargetDirectory _asideDirectory = null!;

    /// <summary>The tree as it is to be.</summary>
    public ArchiveCatalog Merged { get; } = Merge(old, archive);

    /// <summary>Names removed or moved.</summary>
    public long Changed { get; private set; }

    /// <summary>Does it.</summary>
    public void Apply()
    {
        target.Root.MakeDirectory(AsideName);
        _asideDirectory = target.Root.Open(AsideName);
        TakeNames();
        TakeDirectories();
        PutDirectories();
        PutNames();
        foreach (uint inode in _aside) Try(() => _asideDirectory.Remove(Aside('f', inode), directory: false));
        Try(() => target.Root.Remove(AsideName, directory: true));
    }

    public void Dispose()
    {
        _asideDirectory?.Dispose();
        _before.Dispose();
        _after.Dispose();
    }

    private static ArchiveCatalog Merge(ArchiveCatalog old, ArchiveCatalog archive)
    {
        ArchiveCatalog merged = new(RestoredState.Shape(archive.Shape.Date)) { InUse = archive.InUse, Dumped = archive.Dumped };
        foreach (ArchiveDirectory directory in archive.DirectoriesInOrder())
        {
            IEnumerable<(uint, byte[])> entries = archive.EntriesOf(directory).Select(e => (e.Inode, e.Name.Bytes.ToArray()));
            // Of a damaged directory nobody knows what is gone.
            if (directory.Damage.Length > 0 && old.Directories.TryGetValue(directory.Inode.Number, out ArchiveDirectory? before))
            {
                HashSet<string> known = [.. archive.EntriesOf(directory).Select(e => Convert.ToHexString(e.Name.Bytes))];
                entries = entries.Concat(old.EntriesOf(before).Where(e => !known.Contains(Convert.ToHexString(e.Name.Bytes))).Select(e => (e.Inode, e.Name.Bytes.ToArray())));
            }
            merged.Add(new ArchiveDirectory { Inode = directory.Inode, Entries = RestoredState.Entries(entries.ToArray()), Attributes = directory.Attributes });
        }
        foreach (ArchiveDirectory directory in old.DirectoriesInOrder())
        {
            // One whose inode is in the archive as something else is a directory no more.
            if (!archive.InUse[directory.Inode.Number] || archive.Dumped[directory.Inode.Number]) continue;
            merged.Add(RestoredState.Directory(directory.Inode.Number, RestoredState.Entries(
                old.EntriesOf(directory).Where(e => archive.InUse[e.Inode]).Select(e => (e.Inode, e.Name.Bytes.ToArray())).ToArray())));
        }
        merged.Complete();
        return merged;
    }

    private void TakeNames()
    {
        foreach ((uint inode, ArchiveName name) in old.Names())
        {
            if (Stays(inode, name)) continue;
            Changed++;
            bool keep = !Merged.NamesOf(inode).IsEmpty && !_aside.Contains(inode);
            Try(() =>
            {
                DirectoryLease lease = _before.Hold(name.Directory);
                if (keep && lease.Directory.Stat(name.Bytes) is not null)
                {
                    lease.Directory.Rename(name.Bytes, _asideDirectory, Aside('f', inode));
                    _aside.Add(inode);
                }
                else if (!keep)
                {
                    lease.Directory.Remove(name.Bytes, directory: false);
                }
                lease.Release();
            });
        }
    }

    private bool Stays(uint inode, ArchiveName name)
    {
        foreach (ArchiveName now in Merged.NamesOf(inode))
        {
            if (now.Directory.Inode.Number == name.Directory.Inode.Number && now.Bytes.SequenceEqual(name.Bytes)) return true;
        }
        return false;
    }

    private bool Stays(ArchiveDirectory directory) => Merged.Directories.TryGetValue(directory.Inode.Number, out ArchiveDirectory? now) && now.Depth > 0
        && now.Parent!.Inode.Number == directory.Parent!.Inode.Number && now.Name.AsSpan().SequenceEqual(directory.Name);

    private void TakeDirectories()
    {
        foreach (ArchiveDirectory directory in old.Tree.Reverse())
        {
            if (directory.Parent is null || Stays(directory)) continue;
            Changed++;
            Try(() =>
            {
                DirectoryLease above = _before.Hold(directory.Parent);
                _before.Forget(directory);
                if (above.Directory.Stat(directory.Name) is not null) above.Directory.Rename(directory.Name, _asideDirectory, Aside('d', directory.Inode.Number));
                above.Release();
            });
        }
    }

    private void PutDirectories()
    {
        foreach (ArchiveDirectory directory in Merged.Tree)
        {
            if (directory.Parent is null || (old.Directories.TryGetValue(directory.Inode.Number, out ArchiveDirectory? before) && before.Depth > 0 && Stays(before))) continue;
            Try(() =>
            {
                DirectoryLease above = _after.Hold(directory.Parent);
                byte[] aside = Aside('d', directory.Inode.Number);
                if (_asideDirectory.Stat(aside) is not null) _asideDirectory.Rename(aside, above.Directory, directory.Name);
                else above.Directory.MakeDirectory(directory.Name);
                above.Release();
            });
        }
        foreach (ArchiveDirectory directory in old.Tree)
        {
            if (directory.Parent is null || (Merged.Directories.TryGetValue(directory.Inode.Number, out ArchiveDirectory? now) && now.Depth > 0)) continue;
            Try(() => _asideDirectory.Remove(Aside('d', directory.Inode.Number), directory: true));
        }
    }

    private void PutNames()
    {
        foreach ((uint inode, ArchiveName name) in Merged.Names())
        {
            // Links to what will come anew are made when it comes.
            if (old.NamesOf(inode).IsEmpty) continue;
            Try(() =>
            {
                DirectoryLease lease = _after.Hold(name.Directory);
                if (lease.Directory.Stat(name.Bytes) is null)
                {
                    if (_aside.Remove(inode)) _asideDirectory.Rename(Aside('f', inode), lease.Directory, name.Bytes);
                    else if (!Merged.Dumped[inode]) LinkToAnother(inode, name, lease.Directory);
                }
                lease.Release();
            });
        }
    }

    private void LinkToAnother(uint inode, ArchiveName name, ITargetDirectory directory)
    {
        ArchiveName[] others = Merged.NamesOf(inode).ToArray();
        foreach (ArchiveName other in others)
        {
            if (other == name) continue;
            DirectoryLease from = _after.Hold(other.Directory);
            bool there = from.Directory.Stat(other.Bytes) is not null;
            if (there) directory.MakeHardLink(name.Bytes, from.Directory, other.Bytes);
            from.Release();
            if (there) return;
        }
    }

    private static byte[] Aside(char kind, uint inode) => Encoding.ASCII.GetBytes($"{kind}{inode}");

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            problem(e.Message);
        }
    }
}
