using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive;

/// <summary>
/// Volumes as files. Named by the first one, or by what <c>--out</c> was (<c>FILE</c> for <c>FILE001</c>), the others are found by their numbers; or all are named.
/// </summary>
/// <param name="paths">The file, or the files of all volumes in order.</param>
public sealed class FileVolumeSource(IReadOnlyList<string> paths) : IVolumeSource
{
    private const string First = "001";

    /// <inheritdoc/>
    public string Name => paths[0];

    /// <inheritdoc/>
    public Stream? Open(int volume)
    {
        string? path = Find(volume);
        return path is null ? null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
    }

    /// <inheritdoc/>
    public string NameOf(int volume) => Find(volume) ?? $"{Name} (volume {volume})";

    /// <inheritdoc/>
    public bool HasSeveral() => Find(2) is not null;

    private string? Find(int volume)
    {
        if (paths.Count > 1) return volume <= paths.Count ? paths[volume - 1] : null;
        string path = paths[0];
        bool there = File.Exists(path);
        if (volume == 1 && there) return path;
        string name = there && path.EndsWith(First, StringComparison.Ordinal) ? FileVolumeSet.NameOf(path[..^First.Length], true, volume)
            : there ? "" : FileVolumeSet.NameOf(path, true, volume);
        return name.Length > 0 && File.Exists(name) ? name : null;
    }
}
