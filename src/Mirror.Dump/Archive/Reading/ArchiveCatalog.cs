using System.Text;
using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// The directories of an archive and the names in them. Bounded by <see cref="DumpFormat.MaxDirectoryBytes"/>. Only what is reachable from the root has a place; each directory
/// has one, the first that was found, so that nothing goes in circles. Collections are of types that .NET has compiled itself, where there is a choice: to compile others at each start
/// would be a good part of the time that one file takes.
/// </summary>
internal sealed class ArchiveCatalog
{
    private readonly Dictionary<long, ArchiveDirectory> _directories = [];
    private uint[] _inodes = [];
    private ArchiveName[] _names = [];

    public ArchiveCatalog(ArchiveShape shape) => Shape = shape;

    public ArchiveShape Shape { get; }

    /// <summary>Inodes in use in the source at that time.</summary>
    public InodeMap InUse { get; set; } = new();

    /// <summary>Inodes in the archive.</summary>
    public InodeMap Dumped { get; set; } = new();

    /// <summary>Whether a map was damaged: then nothing may be concluded from it.</summary>
    public bool MapsDamaged { get; set; }

    /// <summary>The directories, by inode; in no order.</summary>
    public IReadOnlyDictionary<long, ArchiveDirectory> Directories => _directories;

    /// <summary>The directories in the order of their inodes.</summary>
    public ArchiveDirectory[] DirectoriesInOrder()
    {
        ArchiveDirectory[] all = new ArchiveDirectory[_directories.Count];
        _directories.Values.CopyTo(all, 0);
        Array.Sort(all, (a, b) => a.Inode.Number.CompareTo(b.Inode.Number));
        return all;
    }

    /// <summary>Reachable directories, those above before those below.</summary>
    public IReadOnlyList<ArchiveDirectory> Tree { get; private set; } = [];

    /// <summary>Adds a directory; false when it was there already.</summary>
    public bool Add(ArchiveDirectory directory) => _directories.TryAdd(directory.Inode.Number, directory);

    /// <summary>All directories are here: finds their places and the names of inodes.</summary>
    public void Complete()
    {
        List<ArchiveDirectory> tree = [];
        // By inode, then as found: an inode, and the place of the name.
        List<ulong> order = [];
        ArchiveName[] names = new ArchiveName[1024];
        if (_directories.TryGetValue(DumpFormat.RootInode, out ArchiveDirectory? root))
        {
            root.Depth = 0;
            tree.Add(root);
        }
        for (int i = 0; i < tree.Count; i++)
        {
            ArchiveDirectory at = tree[i];
            for (int from = 0; Next(at, ref from, out uint inode, out ArchiveName name);)
            {
                if (!_directories.TryGetValue(inode, out ArchiveDirectory? child))
                {
                    if (order.Count == names.Length) Array.Resize(ref names, 2 * names.Length);
                    names[order.Count] = name;
                    order.Add(((ulong)inode << 32) | (uint)order.Count);
                    continue;
                }
                if (child.Depth >= 0 || at.Depth >= DumpFormat.MaxDepth) continue;
                (child.Depth, child.Parent, child.Name) = (at.Depth + 1, at, name.Bytes.ToArray());
                tree.Add(child);
            }
        }
        Tree = tree;
        order.Sort();
        _inodes = new uint[order.Count];
        _names = new ArchiveName[order.Count];
        for (int i = 0; i < order.Count; i++) (_inodes[i], _names[i]) = ((uint)(order[i] >> 32), names[(int)(uint)order[i]]);
    }

    /// <summary>The names of an inode that is no directory.</summary>
    public ReadOnlySpan<ArchiveName> NamesOf(uint inode)
    {
        int at = Array.BinarySearch(_inodes, inode);
        if (at < 0) return [];
        int end = at + 1;
        while (at > 0 && _inodes[at - 1] == inode) at--;
        while (end < _inodes.Length && _inodes[end] == inode) end++;
        return _names.AsSpan(at, end - at);
    }

    /// <summary>All names of what is no directory, by inode.</summary>
    public IEnumerable<(uint Inode, ArchiveName Name)> Names()
    {
        for (int i = 0; i < _inodes.Length; i++) yield return (_inodes[i], _names[i]);
    }

    /// <summary>The entries of a directory, without those for itself and the one above.</summary>
    public IEnumerable<(uint Inode, ArchiveName Name)> EntriesOf(ArchiveDirectory directory)
    {
        for (int from = 0; Next(directory, ref from, out uint inode, out ArchiveName name);) yield return (inode, name);
    }

    /// <summary>The entry of a directory at <paramref name="from"/>, or behind it; false at the end.</summary>
    private bool Next(ArchiveDirectory directory, ref int from, out uint inode, out ArchiveName name)
    {
        bool damaged = false, found;
        do
        {
            found = DumpDirectory.TryNext(directory.Entries, Shape.BigEndian, Shape.OldDirectories, ref from, out inode, out int at, out int length, ref damaged);
            name = new ArchiveName(directory, at, length);
        }
        while (found && DumpDirectory.IsDot(name.Bytes));
        if (damaged && directory.Damage.Length == 0) directory.Damage = "entries of it do not hold together";
        return found;
    }

    /// <summary>The path of a directory from the root, without a slash in front; "." for the root.</summary>
    public static string PathOf(ArchiveDirectory directory)
    {
        Stack<string> names = new();
        for (ArchiveDirectory? at = directory; at is { Depth: > 0 }; at = at.Parent) names.Push(Encoding.UTF8.GetString(at.Name));
        return directory.Depth < 0 ? $"directory of inode {directory.Inode.Number}, which has no name" : names.Count == 0 ? "." : string.Join('/', names);
    }

    /// <summary>The path of a name.</summary>
    public static string PathOf(ArchiveName name) =>
        name.Directory.Depth == 0 ? Encoding.UTF8.GetString(name.Bytes) : $"{PathOf(name.Directory)}/{Encoding.UTF8.GetString(name.Bytes)}";

    /// <summary>How an inode is named in messages: by its paths.</summary>
    public string Describe(uint inode)
    {
        if (_directories.TryGetValue(inode, out ArchiveDirectory? directory)) return PathOf(directory);
        ReadOnlySpan<ArchiveName> names = NamesOf(inode);
        if (names.IsEmpty) return $"inode {inode} (without a name)";
        StringBuilder text = new(PathOf(names[0]));
        for (int i = 1; i < Math.Min(names.Length, 10); i++) text.Append(", ").Append(PathOf(names[i]));
        return text.ToString();
    }
}
