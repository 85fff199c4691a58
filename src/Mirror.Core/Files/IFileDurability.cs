using Microsoft.Win32.SafeHandles;

namespace Mirror.Core.Files;

/// <summary>Puts files and names on stable storage. Implemented in Mirror.Driver; one that fails stands beside the tests.</summary>
public interface IFileDurability
{
    /// <summary>Returns when what was written to a file is on stable storage, its size too. Of what keeps nothing (a pipe, a terminal) nothing is asked.</summary>
    /// <param name="file">Open for writing, the handle that was written with: no other is sure to be told of an error.</param>
    /// <param name="path">How it is named in an error.</param>
    /// <exception cref="IOException">It failed; the message names the file. What was written may be lost then, and a second call proves nothing.</exception>
    void SyncFile(SafeFileHandle file, string path);

    /// <summary>Returns when the names in a directory are on stable storage.</summary>
    /// <exception cref="IOException">It failed; the message names the directory.</exception>
    void SyncDirectory(string path);
}
