namespace Mirror.Core.Store;

/// <summary>
/// What the store needs of the operating system: images, locks, directories, and small files that are replaced whole.
/// Implemented in Mirror.Driver; an in-memory one with faults stands beside the tests. Safe for use by several threads.
/// </summary>
public interface IImageFiles
{
    /// <summary>Opens an image (or the file of marks) for reading and writing.</summary>
    /// <exception cref="StoreInUseException">Another process holds it.</exception>
    /// <exception cref="StoreUnusableException">It is missing, or holds something that may not be overwritten.</exception>
    IImageFile Open(string path, ImageOpenMode mode);

    /// <summary>Takes the lock file <paramref name="path"/> for this process until disposed; made when it is missing.</summary>
    /// <exception cref="StoreInUseException">Another process holds it.</exception>
    IDisposable Lock(string path);

    /// <summary>Whether a file, device or directory of this name is there.</summary>
    bool Exists(string path);

    /// <summary>The whole of a small file, or null when there is none.</summary>
    /// <exception cref="StoreUnusableException">It is larger than <paramref name="most"/> bytes.</exception>
    byte[]? ReadSmall(string path, int most);

    /// <summary>Replaces a small file, whole or not at all, and returns when the new one is on stable storage (its name too).</summary>
    void ReplaceSmall(string path, ReadOnlySpan<byte> content);

    /// <summary>Makes a directory that only its owner may enter (0700), durably. Nothing happens when it exists.</summary>
    void CreateDirectory(string path);

    /// <summary>The names (not paths) of the directories in <paramref name="path"/>; none when it is missing.</summary>
    IReadOnlyList<string> Directories(string path);

    /// <summary>The names (not paths) of the files in <paramref name="path"/>; none when it is missing.</summary>
    IReadOnlyList<string> Files(string path);

    /// <summary>Removes a file; nothing happens when there is none.</summary>
    void Delete(string path);

    /// <summary>Gives a directory another name in the same file system, durably. There must be none of that name.</summary>
    void MoveDirectory(string from, string to);

    /// <summary>Removes a directory with everything in it; nothing happens when there is none.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes a file that shares all of another's storage (a reflink), and returns when it is on stable storage. While it lasts, writes to the other wait.</summary>
    /// <param name="path">The other file; what was written to it before is in the clone.</param>
    /// <param name="clone">The new file, only to be read. There must be none.</param>
    /// <exception cref="CloneUnsupportedException">The file system cannot, or <paramref name="path"/> is a device.</exception>
    void Clone(string path, string clone);

    /// <summary>Bytes of a file's storage that no other file shares; null when that cannot be found out.</summary>
    long? UniqueBytes(string path);

    /// <summary>The room of the file system in which a file lies, or would; null when it is a device or that cannot be told.</summary>
    StorageSpace? Space(string path);

    /// <summary>Bytes that can still be written in the file system of <paramref name="path"/>; <see cref="long.MaxValue"/> when unknown or a device.</summary>
    long FreeBytes(string path);
}
