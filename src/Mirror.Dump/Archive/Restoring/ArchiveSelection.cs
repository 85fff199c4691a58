using System.Text;
using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Which part of an archive is wanted.</summary>
internal sealed class ArchiveSelection
{
    private readonly ArchiveCatalog _catalog;
    private readonly HashSet<ArchiveDirectory>? _directories;

    /// <summary>Directories that must be there, each with the places of the names that are wanted of it.</summary>
    private readonly Dictionary<ArchiveDirectory, HashSet<int>> _onTheWay = [];

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
    public bool Contains(ArchiveName name) => _directories is null || _directories.Contains(name.Directory) || (_onTheWay.TryGetValue(name.Directory, out HashSet<int>? names) && names.Contains(name.At));

    /// <summary>Whether a directory must be there so that something wanted can be in it.</summary>
    public bool Needs(ArchiveDirectory directory) => Contains(directory) || _onTheWay.ContainsKey(directory);

    /// <summary>The inodes, directories excepted, of which a name is wanted, in order. Only directories that have such names are looked through.</summary>
    public IEnumerable<uint> Inodes()
    {
        List<ulong> inodes = [];
        foreach (ArchiveDirectory directory in _catalog.Tree)
        {
            if (!Needs(directory)) continue;
            foreach ((uint inode, ArchiveName name) in _catalog.EntriesOf(directory))
            {
                if (!_catalog.Directories.ContainsKey(inode) && Contains(name)) inodes.Add(inode);
            }
        }
        inodes.Sort();
        for (int i = 0; i < inodes.Count; i++)
        {
            if (i == 0 || inodes[i] != inodes[i - 1]) yield return (uint)inodes[i];
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
            (uint inode, ArchiveName name) = Find(at, steps[i]);
            if (inode == 0) throw new IOException($"'{path}' is not in the archive (diskmirror undump ARCHIVE --list shows what is).");
            for (ArchiveDirectory? above = at; above is not null && _onTheWay.TryAdd(above, []); above = above.Parent)
            {
            }
            if (_catalog.Directories.TryGetValue(inode, out ArchiveDirectory? next) && next.Parent == at)
            {
                at = next;
                continue;
            }
            if (i < steps.Length - 1) throw new IOException($"'{path}' is not in the archive: {Encoding.UTF8.GetString(steps[i])} is no directory there.");
            _onTheWay[at].Add(name.At);
            return;
        }
        _directories!.Add(at);
    }

    /// <summary>The entry of this name; inode 0 when there is none.</summary>
    private (uint Inode, ArchiveName Name) Find(ArchiveDirectory directory, byte[] name)
    {
        foreach ((uint Inode, ArchiveName Name) entry in _catalog.EntriesOf(directory))
        {
            if (entry.Name.Bytes.SequenceEqual(name)) return entry;
        }
        return default;
    }
}
