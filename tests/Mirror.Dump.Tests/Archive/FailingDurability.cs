using Microsoft.Win32.SafeHandles;
using Mirror.Core.Files;

namespace Mirror.Dump.Tests.Archive;

/// <summary>Notes what is put on stable storage, in order, and fails at one of the calls as a disk does that has lost what was written.</summary>
/// <param name="failing">The call that fails, from 1; 0 for none.</param>
internal sealed class FailingDurability(int failing = 0) : IFileDurability
{
    /// <summary>What was synced, and which files there were then.</summary>
    public List<(string Path, string Files)> Calls { get; } = [];

    public void SyncFile(SafeFileHandle file, string path)
    {
        Assert.False(file.IsClosed);
        Note(path, Path.GetDirectoryName(path)!);
    }

    public void SyncDirectory(string path) => Note(path, path);

    private void Note(string path, string directory)
    {
        Calls.Add((path, string.Join(' ', Directory.EnumerateFiles(directory).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal))));
        if (Calls.Count == failing) throw new IOException($"{path}: fsync failed: Input/output error (errno 5).");
    }
}
