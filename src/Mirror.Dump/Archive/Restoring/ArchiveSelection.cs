using System.Text;
using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Which part of an archive is wanted.</summary>
internal sealed class ArchiveSelection
{
    private readonly ArchiveCatalog _catalog;
    private readonly HashSet<ArchiveDirectory>? _directories;
    private readonly HashSet<(ArchiveDirectory, int)> _names = [];
    private readonly HashSet<ArchiveDirectory> _onTheWay = [];

    /// <summary>Selects paths; all when there are none.</summary>
    /// <exception cref="IOException">A path is not in the archive, or is none.</exception>
    public ArchiveSelection(ArchiveCatalog catalog, IReadOnlyList<string> paths)
    {
        _catalog = catalog;
        if (paths.Count == 0) return;
        _directories = [];
        foreach (string path in paths) Add(path);
        // Those above come first in the tree.
        foreach (ArchiveDirectory directory in catalog.Tree)
        {
            if (directory.Parent is { } parent && _directories.Contains(parent)) _directories.Add(directory);
        }
    }

    /// <summary>Whether everything is wanted.</summary>
    public bool IsAll => _directories is null;

    /// <summary>Whether a directory and what is in it is wanted.</summary>
    public bool Contains(ArchiveDirectory directory) => _directories is null || _directories.Contains(directory);

    /// <summary>Whether a name is wanted.</summary>
    public bool Contains(ArchiveName name) => _directories is null || _directories.Contains(name.Directory) || (_onTheWay.Contains(name.Directory) && _names.Contains((name.Directory, name.At)));

    /// <summary>Whether a directory must be there so that something wanted can be in it.</summary>
    public bool Needs(ArchiveDirectory directory) => Contains(directory) || _onTheWay.Contains(directory);

    /// <summary>The inodes, directories excepted, of which a name is wanted, in order.</summary>
    public IEnumerable<uint> Inodes()
    {
        uint last = 0;
        foreach ((uint inode, ArchiveName name) in _catalog.Names())
        {
            if (inode == last || !Contains(name)) continue;
            last = inode;
            yield return inode;
        }
    }

    private void Add(string path)
    {
        byte[][] steps = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(s => s != ".").Select(Encoding.UTF8.GetBytes)];
        if (steps.Any(s => s.AsSpan().SequenceEqual(".."u8))) throw new IOException($"'{path}' goes upwards. Name what is in the archive, from its root.");
        if (_catalog.Tree.Count == 0) throw new IOException("The archive has no root directory, so no path leads anywhere. Leave --extract away to restore everything.");
        ArchiveDirectory at = _catalog.Tree[0];
        for (int i = 0; i < steps.Length; i++)
        {
            (uint inode, ArchiveName name) = _catalog.EntriesOf(at).FirstOrDefault(e => e.Name.Bytes.SequenceEqual(steps[i]));
            if (inode == 0) throw new IOException($"'{path}' is not in the archive (diskmirror undump ARCHIVE --list shows what is).");
            for (ArchiveDirectory? above = at; above is not null && _onTheWay.Add(above); above = above.Parent)
            {
            }
            if (_catalog.Directories.TryGetValue(inode, out ArchiveDirectory? next) && next.Parent == at)
            {
                at = next;
                continue;
            }
            if (i < steps.Length - 1) throw new IOException($"'{path}' is not in the archive: {Encoding.UTF8.GetString(steps[i])} is no directory there.");
            _names.Add((name.Directory, name.At));
            return;
        }
        _directories!.Add(at);
    }
}
