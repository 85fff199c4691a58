using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>Compares a target with an archive, inode by inode; changes nothing. What the archive does not have is not looked for, as names may be of lower levels.</summary>
internal sealed class ArchiveComparer(IRestoreTarget target, IReadOnlyList<string> paths, Action<long>? progress) : IArchiveVisitor, IDisposable
{
    private const int MaxDifferences = 100_000;

    private readonly TargetTree _tree = new(target);
    private readonly byte[] _there = new byte[512 << 10];
    private readonly MemoryStream _link = new();
    private ArchiveCatalog _catalog = null!;
    private ArchiveInode? _inode;
    private ArchiveName[] _names = [];
    private ITargetFile? _file;
    private long _checked;
    private bool _differs;

    public ArchiveSelection Selection { get; private set; } = null!;

    public List<string> Differences { get; } = [];

    public long Files { get; private set; }

    public long Directories { get; private set; }

    public long Bytes { get; private set; }

    public void Begin(ArchiveCatalog catalog)
    {
        _catalog = catalog;
        Selection = new ArchiveSelection(catalog, paths);
        foreach (ArchiveDirectory directory in catalog.Tree)
        {
            if (!Selection.Contains(directory)) continue;
            Directories++;
            string path = ArchiveCatalog.PathOf(directory);
            try
            {
                DirectoryLease lease = _tree.Hold(directory);
                if (lease.Directory.Stat([]) is { } stat) CompareInode(path, directory.Inode, stat);
                CompareAttributes(path, directory.Attributes, lease.Directory.ReadAttributes([]));
                lease.Release();
            }
            catch (IOException e)
            {
                Differ($"{path}: {e.Message}");
            }
        }
    }

    public bool BeginInode(ArchiveInode inode)
    {
        _names = [.. _catalog.NamesOf(inode.Number).ToArray().Where(Selection.Contains)];
        if (_names.Length == 0) return false;
        (_inode, _differs, _checked) = (inode, false, 0);
        _link.SetLength(0);
        Files++;
        ulong first = 0;
        foreach (ArchiveName name in _names)
        {
            string path = ArchiveCatalog.PathOf(name);
            if (Look(name, path) is not { } stat) continue;
            if (first == 0)
            {
                first = stat.Inode;
                CompareInode(path, inode, stat);
                if (inode.Kind is InodeKind.CharacterDevice or InodeKind.BlockDevice && (stat.DeviceMajor, stat.DeviceMinor) != (inode.DeviceMajor, inode.DeviceMinor))
                    Differ($"{path}: is device {stat.DeviceMajor}:{stat.DeviceMinor}, was {inode.DeviceMajor}:{inode.DeviceMinor}");
                if (inode.Kind == InodeKind.File && stat.SizeBytes != inode.SizeBytes) Differ($"{path}: has {stat.SizeBytes} bytes, had {inode.SizeBytes}");
            }
            else if (first != stat.Inode)
            {
                Differ($"{path}: is no link to {ArchiveCatalog.PathOf(_names[0])} any more");
            }
        }
        if (inode.Kind == InodeKind.File && !_differs && !inode.MetadataOnly) With(d => _file = d.OpenFile(_names[0].Bytes));
        return true;
    }

    public void Content(long offset, ReadOnlySpan<byte> bytes)
    {
        if (_inode!.Kind == InodeKind.SymbolicLink)
        {
            if (_link.Length + bytes.Length <= Format.DumpFormat.MaxLinkBytes) _link.Write(bytes);
            return;
        }
        if (_file is null || _differs) return;
        Holes(offset);
        while (!bytes.IsEmpty && !_differs)
        {
            int length = Math.Min(bytes.Length, _there.Length);
            if (_file.Read(offset, _there.AsSpan(0, length)) < length || !bytes[..length].SequenceEqual(_there.AsSpan(0, length))) Differ($"{ArchiveCatalog.PathOf(_names[0])}: its content differs from byte {offset} on");
            offset += length;
            bytes = bytes[length..];
            Bytes += length;
        }
        _checked = offset;
        progress?.Invoke(Bytes);
    }

    public void EndInode(IReadOnlyList<ExtendedAttribute> attributes, string damage)
    {
        string path = ArchiveCatalog.PathOf(_names[0]);
        if (_file is not null)
        {
            if (damage.Length == 0 && !_differs) Holes(_inode!.SizeBytes);
            _file.Dispose();
            _file = null;
        }
        With(directory =>
        {
            if (_inode!.Kind == InodeKind.SymbolicLink && !directory.ReadLink(_names[0].Bytes).AsSpan().SequenceEqual(_link.GetBuffer().AsSpan(0, (int)_link.Length))) Differ($"{path}: leads somewhere else");
            CompareAttributes(path, attributes, directory.ReadAttributes(_names[0].Bytes));
        });
    }

    public void Dispose()
    {
        _file?.Dispose();
        _tree.Dispose();
    }

    /// <summary>What was a hole must read as zeroes.</summary>
    private void Holes(long until)
    {
        while (_checked < until && !_differs)
        {
            int length = (int)Math.Min(until - _checked, _there.Length);
            if (_file!.Read(_checked, _there.AsSpan(0, length)) < length || _there.AsSpan(0, length).ContainsAnyExcept((byte)0)) Differ($"{ArchiveCatalog.PathOf(_names[0])}: its content differs in what was a hole, from byte {_checked} on");
            _checked += length;
        }
    }

    private TargetStat? Look(ArchiveName name, string path)
    {
        TargetStat? stat = null;
        try
        {
            DirectoryLease lease = _tree.Hold(name.Directory);
            stat = lease.Directory.Stat(name.Bytes);
            lease.Release();
            if (stat is null) Differ($"{path}: is not there");
        }
        catch (IOException e)
        {
            Differ($"{path}: {e.Message}");
        }
        return stat;
    }

    private void With(Action<ITargetDirectory> action)
    {
        try
        {
            DirectoryLease lease = _tree.Hold(_names[0].Directory);
            action(lease.Directory);
            lease.Release();
        }
        catch (IOException e)
        {
            if (!_differs) Differ($"{ArchiveCatalog.PathOf(_names[0])}: {e.Message}");
        }
    }

    private void CompareInode(string path, ArchiveInode inode, TargetStat stat)
    {
        if (stat.Mode != inode.Mode) Differ($"{path}: has mode {Convert.ToString(stat.Mode, 8)}, had {Convert.ToString(inode.Mode, 8)}");
        if ((stat.UserId, stat.GroupId) != (inode.UserId, inode.GroupId)) Differ($"{path}: belongs to {stat.UserId}:{stat.GroupId}, did to {inode.UserId}:{inode.GroupId}");
        if (inode.Kind is InodeKind.File or InodeKind.Directory && stat.ModifiedSeconds != inode.Modified.Seconds) Differ($"{path}: was changed at {stat.ModifiedSeconds}, in the archive at {inode.Modified.Seconds}");
    }

    private void CompareAttributes(string path, IReadOnlyList<ExtendedAttribute> archived, IReadOnlyList<TargetAttribute> there)
    {
        foreach (ExtendedAttribute attribute in archived)
        {
            TargetAttribute? now = there.FirstOrDefault(a => a.Name == attribute.Name);
            if (now is null) Differ($"{path}: has no attribute {attribute.Name} any more");
            else if (!now.Value.Span.SequenceEqual(attribute.Value.Span)) Differ($"{path}: attribute {attribute.Name} differs");
        }
        foreach (TargetAttribute attribute in there)
        {
            if (archived.All(a => a.Name != attribute.Name)) Differ($"{path}: has the attribute {attribute.Name}, which it had not");
        }
    }

    private void Differ(string what)
    {
        _differs = true;
        if (Differences.Count < MaxDifferences) Differences.Add(what);
    }
}
