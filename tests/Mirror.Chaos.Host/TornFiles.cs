using Mirror.Core.Store;

namespace Mirror.Chaos.Host;

/// <summary>The store's files as <see cref="TornFile"/>s. Small files are replaced whole and durably, as the interface says.</summary>
internal sealed class TornFiles(IImageFiles inner, string directory) : IImageFiles
{
    private readonly string _undo = Path.Combine(directory, "undo");

    public IImageFile Open(string path, ImageOpenMode mode)
    {
        IImageFile file = inner.Open(path, mode);
        return mode == ImageOpenMode.Read || file.IsDevice ? file : new TornFile(file, directory, new UndoLog(_undo, path));
    }

    public IDisposable Lock(string path) => inner.Lock(path);

    public bool Exists(string path) => inner.Exists(path);

    public byte[]? ReadSmall(string path, int most) => inner.ReadSmall(path, most);

    public void ReplaceSmall(string path, ReadOnlySpan<byte> content) => inner.ReplaceSmall(path, content);

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public IReadOnlyList<string> Directories(string path) => inner.Directories(path);

    public IReadOnlyList<string> Files(string path) => inner.Files(path);

    public void Delete(string path)
    {
        inner.Delete(path);
        UndoLog.Forget(_undo, path);
    }

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void MoveDirectory(string path, string to) => inner.MoveDirectory(path, to);

    public StorageSpace? Space(string path) => inner.Space(path);

    public void Clone(string path, string clone) => inner.Clone(path, clone);

    public long? UniqueBytes(string path) => inner.UniqueBytes(path);

    public long FreeBytes(string path) => inner.FreeBytes(path);
}
