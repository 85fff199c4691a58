using System.Collections.Concurrent;
using Mirror.Core.Store;

namespace Mirror.Core.Fakes;

/// <summary>A store in memory that can be full, fail, stall, and lose its power.</summary>
public sealed class FakeImageFiles : IImageFiles
{
    private readonly ConcurrentDictionary<string, FakeImageContent> _images = new();
    private readonly ConcurrentDictionary<string, byte[]> _small = new();
    private readonly ConcurrentDictionary<string, byte> _locks = new();
    private readonly ConcurrentDictionary<string, byte> _directories = new();

    /// <summary>Called before each operation on an image or small file, on the thread that does it: may throw (the operation fails) or wait (it stalls).</summary>
    public Action<FakeImageOperation, string>? Hook { get; set; }

    /// <summary>Bytes that all images together may take.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Flushes of images (not of marks) say that they are done and do nothing: a control for tests of durability.</summary>
    public bool FlushLies { get; set; }

    /// <summary>Whether files can be cloned.</summary>
    public bool Clones { get; set; } = true;

    /// <summary>Every operation so far, in order.</summary>
    public ConcurrentQueue<(FakeImageOperation Operation, string Path)> Operations { get; } = new();

    /// <summary>The image at <paramref name="path"/>.</summary>
    public FakeImageContent Image(string path) => _images[path];

    /// <summary>A small file, or null.</summary>
    public byte[]? Small(string path) => _small.GetValueOrDefault(path);

    /// <summary>Puts a small file there, past every rule.</summary>
    public void SetSmall(string path, byte[]? content)
    {
        if (content is null) _small.TryRemove(path, out _);
        else _small[path] = content;
    }

    /// <summary>Removes an image.</summary>
    public void Remove(string path) => _images.TryRemove(path, out _);

    /// <summary>What is left when the power goes now, without the process that uses this store: a new store.</summary>
    public FakeImageFiles AfterPowerCut(Random random)
    {
        var left = new FakeImageFiles { Capacity = Capacity };
        foreach ((string path, FakeImageContent content) in _images) left._images[path] = content.AfterPowerCut(random);
        foreach ((string path, byte[] content) in _small) left._small[path] = content;
        foreach (string path in _directories.Keys) left._directories[path] = 0;
        return left;
    }

    public IImageFile Open(string path, ImageOpenMode mode)
    {
        if (mode is ImageOpenMode.Existing or ImageOpenMode.Read && !_images.ContainsKey(path)) throw new StoreUnusableException($"{path} is missing.");
        FakeImageContent content = _images.GetOrAdd(path, _ => new FakeImageContent());
        lock (content)
        {
            if (content.IsOpen) throw new StoreInUseException($"{path} is held by another.");
            if (mode == ImageOpenMode.New && content.NextData(0, out _, out _)) throw new StoreUnusableException($"{path} holds data.");
            content.IsOpen = true;
        }
        return new FakeImageFile(this, path, content);
    }

    public IDisposable Lock(string path) => _locks.TryAdd(path, 0) ? new Held(() => _locks.TryRemove(path, out _)) : throw new StoreInUseException($"{path} is locked.");

    public bool Exists(string path) => _images.ContainsKey(path) || _small.ContainsKey(path) || _directories.ContainsKey(path);

    public byte[]? ReadSmall(string path, int most) => _small.GetValueOrDefault(path);

    public void ReplaceSmall(string path, ReadOnlySpan<byte> content)
    {
        Pass(FakeImageOperation.ReplaceSmall, path);
        _small[path] = content.ToArray();
    }

    public void CreateDirectory(string path) => _directories[path] = 0;

    public IReadOnlyList<string> Directories(string path) =>
        [.. _directories.Keys.Where(d => Path.GetDirectoryName(d) == path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> Files(string path) =>
        [.. _images.Keys.Concat(_small.Keys).Where(f => Path.GetDirectoryName(f) == path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public void Delete(string path)
    {
        Pass(FakeImageOperation.Delete, path);
        _images.TryRemove(path, out _);
        _small.TryRemove(path, out _);
    }

    public void MoveDirectory(string from, string to)
    {
        Pass(FakeImageOperation.MoveDirectory, to);
        if (_directories.ContainsKey(to)) throw new IOException($"{to} exists.");
        Move(_images, from, to);
        Move(_small, from, to);
        Move(_directories, from, to);
    }

    public void DeleteDirectory(string path)
    {
        Pass(FakeImageOperation.DeleteDirectory, path);
        Drop(_images, path);
        Drop(_small, path);
        Drop(_directories, path);
    }

    public void Clone(string path, string clone)
    {
        Pass(FakeImageOperation.Clone, clone);
        if (!Clones) throw new CloneUnsupportedException($"The file system of {path} cannot clone files.");
        if (!_images.TryAdd(clone, _images[path].Clone())) throw new IOException($"{clone} exists.");
    }

    public long? UniqueBytes(string path) => _images[path].AllocatedPages * FakeImageContent.PageBytes;

    public StorageSpace? Space(string path) => Capacity == long.MaxValue ? null : new StorageSpace(FreeBytes(path), Capacity);

    public long FreeBytes(string path) => Capacity == long.MaxValue ? long.MaxValue : Math.Max(0, Capacity - _images.Values.Sum(i => i.AllocatedPages * FakeImageContent.PageBytes));

    internal void Pass(FakeImageOperation operation, string path)
    {
        Operations.Enqueue((operation, path));
        Hook?.Invoke(operation, path);
    }

    private static bool IsIn(string path, string directory) => path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private static void Move<T>(ConcurrentDictionary<string, T> all, string from, string to)
    {
        foreach (string path in all.Keys.Where(p => IsIn(p, from)))
        {
            if (all.TryRemove(path, out T? one)) all[to + path[from.Length..]] = one;
        }
    }

    private static void Drop<T>(ConcurrentDictionary<string, T> all, string directory)
    {
        foreach (string path in all.Keys.Where(p => IsIn(p, directory))) all.TryRemove(path, out _);
    }

    private sealed class Held(Action release) : IDisposable
    {
        private Action? _release = release;

        public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
    }
}
