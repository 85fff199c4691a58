using System.Globalization;
using Mirror.Core.Files;
using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Archive;

/// <summary>
/// Volumes as files: written under another name beside their place, and given their names when all is written, so that no half archive looks like a whole one. A file is put on stable storage
/// before it gets its name, and the name before <see cref="Complete"/> returns: an archive that is told to be written survives a power cut.
/// </summary>
public sealed class FileVolumeSet : IVolumeSet
{
    private readonly string _path;
    private readonly IFileDurability _durability;
    private readonly bool _several, _replace;
    private readonly List<(string Written, string Name)> _files = [];
    private FileStream? _current;

    /// <param name="path">The file; with several volumes <c>001</c>, <c>002</c>, ... is added.</param>
    /// <param name="several">Whether there may be several.</param>
    /// <param name="replace">Whether files that are there are replaced.</param>
    /// <param name="durability">What puts them on stable storage.</param>
    /// <exception cref="IOException">A file of that name is there, and <paramref name="replace"/> is not set.</exception>
    public FileVolumeSet(string path, bool several, bool replace, IFileDurability durability)
    {
        (_path, _several, _replace, _durability) = (path, several, replace, durability);
        Refuse(NameOf(path, several, 1));
    }

    /// <summary>The name of a volume's file.</summary>
    public static string NameOf(string path, bool several, int volume) => several ? path + volume.ToString("D3", CultureInfo.InvariantCulture) : path;

    /// <summary>The names of what was written.</summary>
    public IReadOnlyList<string> Names => [.. _files.Select(f => f.Name)];

    /// <inheritdoc/>
    public Stream Open(int volume)
    {
        Close();
        string name = NameOf(_path, _several, volume);
        Refuse(name);
        // Devices and pipes are what they are; only files have another name first.
        bool special = File.Exists(name) && (File.GetAttributes(name) & (FileAttributes.Device | FileAttributes.Normal | FileAttributes.Archive)) == FileAttributes.Device;
        string written = special ? name : name + ".incomplete";
        _files.Add((written, name));
        return _current = new FileStream(written, special ? FileMode.Open : FileMode.Create, FileAccess.Write, FileShare.Read, 0);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        Close();
        HashSet<string> named = [];
        foreach ((string written, string name) in _files)
        {
            if (written == name) continue;
            File.Move(written, name, _replace);
            named.Add(Path.GetDirectoryName(Path.GetFullPath(name))!);
        }
        foreach (string directory in named) _durability.SyncDirectory(directory);
    }

    /// <summary>Removes what was not completed.</summary>
    public void Dispose()
    {
        _current?.Dispose();
        foreach ((string written, string name) in _files)
        {
            if (written != name) File.Delete(written);
        }
    }

    private void Close()
    {
        if (_current is null) return;
        _current.Flush();
        _durability.SyncFile(_current.SafeFileHandle, _files[^1].Written);
        _current.Dispose();
        _current = null;
    }

    private void Refuse(string name)
    {
        if (!_replace && File.Exists(name)) throw new IOException($"{name} is there already. Name another file, or replace it with --force.");
    }
}
