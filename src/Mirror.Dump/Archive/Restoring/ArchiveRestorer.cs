using System.Text;
using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Puts an archive into a target: directories first, then everything as it comes, links with their first name, what is set on directories at the end.</summary>
internal sealed class ArchiveRestorer : IArchiveVisitor, IDisposable
{
    /// <summary>Where files go whose directory was lost.</summary>
    public const string LostDirectory = "#lost";

    private const int MaxProblems = 10_000;

    private readonly IRestoreTarget _target;
    private readonly IReadOnlyList<string> _paths;
    private readonly TargetTree _tree;
    private readonly RestoreWork _work;
    private readonly List<string> _problems = [];
    private readonly Action<long>? _progress;
    private ArchiveCatalog _catalog = null!;
    private ArchiveSelection _selection = null!;
    private DirectoryLease? _lost;
    private RestoreJob? _job;
    private bool _large;

    /// <param name="target">Where it goes.</param>
    /// <param name="paths">What is wanted; all when empty.</param>
    /// <param name="replace">Whether files that are in the way are replaced.</param>
    /// <param name="progress">Told bytes of content.</param>
    public ArchiveRestorer(IRestoreTarget target, IReadOnlyList<string> paths, bool replace, Action<long>? progress)
    {
        (_target, _paths, _progress) = (target, paths, progress);
        _tree = new TargetTree(target);
        _work = new RestoreWork(Failures, (job, reason) => Problem($"{Where(job.Inode.Number)}: {reason}"), replace);
    }

    /// <summary>The tree as it is to be, when it is more than the archive's own.</summary>
    public ArchiveCatalog? Merged { get; init; }

    public FailureTally Failures { get; } = new();

    public ArchiveSelection Selection => _selection;

    public TargetTree Tree => _tree;

    public IReadOnlyList<string> Problems => _problems;

    public long Files { get; private set; }

    public long Directories { get; private set; }

    public long Bytes => _work.Bytes;

    public void Begin(ArchiveCatalog catalog)
    {
        _catalog = Merged ?? catalog;
        _selection = new ArchiveSelection(_catalog, _paths);
        foreach (ArchiveDirectory directory in _catalog.Tree)
        {
            if (directory.Parent is null || !_selection.Needs(directory)) continue;
            try
            {
                DirectoryLease above = _tree.Hold(directory.Parent);
                try
                {
                    above.Directory.MakeDirectory(directory.Name);
                }
                finally
                {
                    above.Release();
                }
                // Whatever was there under this name is now known to be a directory, or told.
                _tree.Hold(directory).Release();
                Directories++;
            }
            catch (IOException e)
            {
                Problem($"{ArchiveCatalog.PathOf(directory)}: {e.Message}");
            }
        }
    }

    public bool BeginInode(ArchiveInode inode)
    {
        _job = null;
        ReadOnlySpan<ArchiveName> names = _catalog.NamesOf(inode.Number);
        if (names.IsEmpty && (!_selection.IsAll || inode.Kind == InodeKind.Directory)) return false;
        List<(DirectoryLease, byte[])> places = [];
        try
        {
            foreach (ArchiveName name in names)
            {
                if (_selection.Contains(name)) places.Add((_tree.Hold(name.Directory), name.Bytes.ToArray()));
            }
            if (names.IsEmpty) places.Add((Lost().Hold(), Encoding.ASCII.GetBytes($"#{inode.Number}")));
        }
        catch (IOException e)
        {
            Problem($"{Where(inode.Number)}: {e.Message}");
        }
        if (places.Count == 0) return false;
        _job = new RestoreJob { Inode = inode, Names = [.. places] };
        _large = inode.Kind == InodeKind.File && inode.SizeBytes > RestoreWork.BufferBytes;
        if (_large && !inode.MetadataOnly) _work.Create(_job);
        return true;
    }

    public void Content(long offset, ReadOnlySpan<byte> bytes)
    {
        RestoreJob job = _job!;
        if (job.Inode.MetadataOnly || job.Inode.Kind is not (InodeKind.File or InodeKind.SymbolicLink)) return;
        if (_large)
        {
            while (!bytes.IsEmpty)
            {
                int length = Math.Min(bytes.Length, RestoreWork.BufferBytes);
                byte[] buffer = _work.Rent();
                bytes[..length].CopyTo(buffer);
                _work.Write(job, buffer, offset, length);
                offset += length;
                bytes = bytes[length..];
            }
            _progress?.Invoke(_work.Bytes);
            return;
        }
        job.Buffer ??= _work.Rent();
        if (job.Length + bytes.Length > job.Buffer.Length) return;
        bytes.CopyTo(job.Buffer.AsSpan(job.Length));
        job.Pieces.Add(new RestorePiece(offset, job.Length, bytes.Length));
        job.Length += bytes.Length;
    }

    public void EndInode(IReadOnlyList<ExtendedAttribute> attributes, string damage)
    {
        RestoreJob job = _job!;
        _job = null;
        job.Attributes = attributes.Count == 0 ? [] : MetadataOf.Attributes(attributes);
        Files++;
        if ((Files & 0xFF) == 0) _progress?.Invoke(_work.Bytes);
        if (job.Inode.MetadataOnly) SetMetadataOnly(job);
        else _work.Finish(job);
    }

    /// <summary>Everything came: finishes the files.</summary>
    public void CompleteFiles() => _work.Complete();

    /// <summary>Finishes the directories, from below; nothing is made in them any more.</summary>
    public void CompleteDirectories(Func<ArchiveDirectory, bool>? sets = null)
    {
        foreach (ArchiveDirectory directory in _catalog.Tree.Reverse())
        {
            if (!_selection.Contains(directory) || (sets is not null && !sets(directory))) continue;
            try
            {
                DirectoryLease lease = _tree.Hold(directory);
                lease.Directory.SetMetadata([], MetadataOf.Inode(directory.Inode, MetadataOf.Attributes(directory.Attributes)), Failures);
                lease.Release();
            }
            catch (IOException e)
            {
                Problem($"{ArchiveCatalog.PathOf(directory)}: {e.Message}");
            }
        }
    }

    public void Dispose()
    {
        _work.Dispose();
        _tree.Dispose();
        _lost?.Directory.Dispose();
    }

    internal void Problem(string what)
    {
        lock (_problems)
        {
            if (_problems.Count < MaxProblems) _problems.Add(what);
            else if (_problems.Count == MaxProblems) _problems.Add("and more.");
        }
    }

    private string Where(uint inode) => _catalog.NamesOf(inode).IsEmpty ? $"{LostDirectory}/#{inode}" : _catalog.Describe(inode);

    private void SetMetadataOnly(RestoreJob job)
    {
        (DirectoryLease lease, byte[] name) = job.Names[0];
        try
        {
            if (job.Inode.Kind == InodeKind.File)
            {
                using ITargetFile file = lease.Directory.OpenFile(name);
                file.SetMetadata(MetadataOf.Inode(job.Inode, job.Attributes), Failures);
            }
            else
            {
                lease.Directory.SetMetadata(name, MetadataOf.Inode(job.Inode, job.Attributes), Failures);
            }
        }
        catch (IOException e)
        {
            Problem($"{Where(job.Inode.Number)}: only its inode is in the archive, and {e.Message}");
        }
        foreach ((DirectoryLease held, _) in job.Names) held.Release();
    }

    private DirectoryLease Lost()
    {
        if (_lost is not null) return _lost;
        _target.Root.MakeDirectory(Encoding.ASCII.GetBytes(LostDirectory));
        return _lost = new DirectoryLease(_target.Root.Open(Encoding.ASCII.GetBytes(LostDirectory)));
    }
}
