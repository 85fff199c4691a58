using System.Globalization;
using System.Text;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Tests.Trees;

/// <summary>Compares what a reader gives with what the kernel shows of a directory tree.</summary>
internal sealed class TreeComparison
{
    private readonly string _root;
    private readonly IFileSystem _fileSystem;
    private readonly List<string> _differences = [];

    private TreeComparison(string root, IFileSystem fileSystem)
    {
        _root = root;
        _fileSystem = fileSystem;
    }

    /// <summary>Whether the tree is a mount of the very image, so that inode numbers, storage and change times must be the same too.</summary>
    private bool IsMount { get; init; }

    /// <summary>Files that were compared.</summary>
    private int Count { get; set; }

    /// <summary>Compares with a mount of the image.</summary>
    public static int WithMount(string mountPoint, IFileSystem fileSystem) => Run(new TreeComparison(mountPoint, fileSystem) { IsMount = true });

    /// <summary>Compares with the directory that the image was filled from.</summary>
    public static int WithSource(string directory, IFileSystem fileSystem) => Run(new TreeComparison(directory, fileSystem));

    private static int Run(TreeComparison comparison)
    {
        comparison.Compare();
        Assert.True(comparison._differences.Count == 0, string.Join('\n', comparison._differences.Take(30)));
        return comparison.Count;
    }

    private void Compare()
    {
        var expected = new Dictionary<string, string[]>();
        string all = Shell.Script($"cd '{_root}' && find . -print0 | LC_ALL=C.UTF-8 xargs -0 -n 500 stat --printf='%i|%f|%h|%u|%g|%s|%b|%t|%T|%.9X|%.9Y|%.9Z|%.9W|%n\\0'");
        foreach (string line in all.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split('|', 14);
            expected[fields[13] == "." ? "" : fields[13][2..]] = fields;
        }
        var root = _fileSystem.ReadInode(2) ?? throw new InvalidOperationException("no root");
        Walk("", root, expected, 2);
        foreach (string missing in expected.Keys.Where(k => !(k == "lost+found" && !IsMount))) Note(missing, "is missing");
    }

    private void Walk(string path, Inode inode, Dictionary<string, string[]> expected, uint parent)
    {
        if (!expected.Remove(path, out string[]? fields))
        {
            if (!IsMount && path == "lost+found") return;
            Note(path, "should not be");
            return;
        }
        Count++;
        CompareInode(path, inode, fields);
        if (inode.Kind != InodeKind.Directory) return;
        foreach (var entry in _fileSystem.ReadDirectory(inode))
        {
            string name = Encoding.UTF8.GetString(entry.Name.Span);
            if (name is "." or "..")
            {
                if (entry.Number != (name == "." ? inode.Number : parent)) Note(path, $"{name} leads to {entry.Number}");
                continue;
            }
            string below = path == "" ? name : $"{path}/{name}";
            if (!_fileSystem.IsAllocated(entry.Number)) Note(below, "is not allocated");
            if (_fileSystem.ReadInode(entry.Number) is not { } child)
            {
                Note(below, $"leads to inode {entry.Number}, which is free");
                continue;
            }
            if (entry.Kind != InodeKind.None && entry.Kind != child.Kind) Note(below, $"kind {entry.Kind} and {child.Kind}");
            Walk(below, child, expected, inode.Number);
        }
    }

    private void CompareInode(string path, Inode inode, string[] fields)
    {
        void Same(string what, object actual, object due)
        {
            if (!Equals(actual.ToString(), due.ToString())) Note(path, $"{what} {actual}, should be {due}");
        }

        string full = path == "" ? _root : Path.Combine(_root, path);
        bool isDirectory = inode.Kind == InodeKind.Directory;
        Same("mode", inode.Mode.ToString("x"), fields[1]);
        Same("user", inode.UserId, fields[3]);
        Same("group", inode.GroupId, fields[4]);
        if (IsMount || !isDirectory) Same("links", inode.Links, fields[2]);
        if (IsMount || !isDirectory) Same("size", inode.SizeBytes, fields[5]);
        if (inode.Kind is InodeKind.CharacterDevice or InodeKind.BlockDevice)
        {
            Same("major", inode.DeviceMajor.ToString("x"), fields[7]);
            Same("minor", inode.DeviceMinor.ToString("x"), fields[8]);
        }
        if (IsMount)
        {
            Same("number", inode.Number, fields[0]);
            // A mount counts content in the inode as a sector too.
            if (!_fileSystem.DataRuns(inode).Any(r => r.SourceOffset < 0)) Same("storage", inode.AllocatedBytes / 512, fields[6]);
            Same("accessed", Seconds(inode.Accessed), Seconds(fields[9]));
            Same("modified", Seconds(inode.Modified), Seconds(fields[10]));
            Same("changed", Seconds(inode.Changed), Seconds(fields[11]));
            if (inode.Born is { } born && path != "") Same("born", Seconds(born), Seconds(fields[12]));
        }
        else if (!isDirectory)
        {
            Same("modified", inode.Modified.Seconds, decimal.Floor(Seconds(fields[10])));
        }
        if (inode.Kind == InodeKind.SymbolicLink) Same("target", Encoding.UTF8.GetString(_fileSystem.ReadLink(inode)), new FileInfo(full).LinkTarget!);
        if (inode.Kind == InodeKind.File) CompareContent(path, full, inode);
        CompareAttributes(path, full, inode);
    }

    private void CompareContent(string path, string full, Inode inode)
    {
        var due = Native.DataRanges(full);
        var runs = _fileSystem.DataRuns(inode).ToList();
        var merged = new List<(long Offset, long Length)>();
        foreach (var run in runs)
        {
            if (merged.Count > 0 && merged[^1].Offset + merged[^1].Length == run.Offset) merged[^1] = (merged[^1].Offset, merged[^1].Length + run.Length);
            else merged.Add((run.Offset, run.Length));
        }
        if (IsMount && !merged.SequenceEqual(due)) Note(path, $"data at {Show(merged)}, should be {Show(due)}");
        using var file = File.OpenHandle(full);
        byte[] expected = new byte[100_003], actual = new byte[100_003], atOnce = new byte[100_003];
        // All of small files, the holes too; of large ones the stretches with data and what touches them.
        if (inode.SizeBytes < 10 << 20) CompareRange(0, inode.SizeBytes);
        foreach (var (offset, length) in due.Concat(merged)) CompareRange(Math.Max(0, offset - 5), Math.Min(inode.SizeBytes, offset + length + 5));
        foreach (var run in runs)
        {
            for (long at = 0; at < run.Length; at += atOnce.Length)
            {
                int n = (int)Math.Min(atOnce.Length, run.Length - at);
                _fileSystem.ReadRun(inode, run, at, atOnce.AsSpan(0, n));
                RandomAccess.Read(file, expected.AsSpan(0, n), run.Offset + at);
                if (!expected.AsSpan(0, n).SequenceEqual(atOnce.AsSpan(0, n))) Note(path, $"run at {run.Offset} differs");
            }
        }
        if (_fileSystem.Read(inode, inode.SizeBytes, actual) != 0) Note(path, "can be read past its end");

        void CompareRange(long from, long to)
        {
            for (long at = from; at < to; at += expected.Length)
            {
                int n = (int)Math.Min(expected.Length, to - at);
                int have = RandomAccess.Read(file, expected.AsSpan(0, n), at), got = _fileSystem.Read(inode, at, actual.AsSpan(0, n));
                if (have != got || !expected.AsSpan(0, n).SequenceEqual(actual.AsSpan(0, n))) Note(path, $"content differs from {at} on ({got} of {have} bytes)");
            }
        }
    }

    private void CompareAttributes(string path, string full, Inode inode)
    {
        var due = Native.Attributes(full);
        var actual = _fileSystem.ReadAttributes(inode).ToDictionary(a => a.Name, a => a.Value.ToArray());
        if (!due.Keys.ToHashSet().SetEquals(actual.Keys)) Note(path, $"attributes {string.Join(' ', actual.Keys)}, should be {string.Join(' ', due.Keys)}");
        foreach (var (name, value) in due)
        {
            if (actual.TryGetValue(name, out byte[]? found) && !found.AsSpan().SequenceEqual(value)) Note(path, $"attribute {name}: {Convert.ToHexString(found)}, should be {Convert.ToHexString(value)}");
        }
    }

    private void Note(string path, string what) => _differences.Add($"{path}: {what}");

    private static string Show(List<(long Offset, long Length)> ranges) => string.Join(' ', ranges.Take(20).Select(r => $"{r.Offset}+{r.Length}"));

    private static decimal Seconds(InodeTime time) => time.Seconds + time.Nanoseconds / 1_000_000_000m + 0.000000000m;

    private static decimal Seconds(string text) => text is "-" or "0" ? 0.000000000m : decimal.Parse(text, CultureInfo.InvariantCulture);
}
