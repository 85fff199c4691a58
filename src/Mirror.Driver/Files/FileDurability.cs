using Microsoft.Win32.SafeHandles;
using Mirror.Core.Files;
using Mirror.Driver.Images;

namespace Mirror.Driver.Files;

/// <summary>fsync.</summary>
public sealed class FileDurability : IFileDurability
{
    /// <inheritdoc/>
    public void SyncFile(SafeFileHandle file, string path)
    {
        try
        {
            ImageNative.Sync(file, path);
        }
        catch (IOException e) when (e.HResult == ImageNative.EINVAL)
        {
            // A pipe, a terminal, a tape: nothing that could be synced.
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        using SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDONLY | ImageNative.O_DIRECTORY);
        ImageNative.Sync(handle, path);
    }
}
