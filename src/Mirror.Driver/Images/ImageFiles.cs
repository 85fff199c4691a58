using Microsoft.Win32.SafeHandles;
using Mirror.Core.Store;

namespace Mirror.Driver.Images;

/// <summary>The store's files on this machine.</summary>
public sealed class ImageFiles : IImageFiles
{
    private const int OwnerOnly = 0x180, ReadOnly = 0x100, OwnerOnlyDirectory = 0x1c0;     // 0600, 0400, 0700

    /// <inheritdoc/>
    public IImageFile Open(string path, ImageOpenMode mode)
    {
        // Asked by name first: a device needs O_EXCL, which means something else for a file. Asked again on the handle.
        bool device = IsBlockDevice(path);
        if (mode is ImageOpenMode.Existing or ImageOpenMode.Read && !File.Exists(path))
            throw new StoreUnusableException($"{path} is missing, though the volume's record says that it has been there. Put it back, or move the volume's directory away so that the volume begins anew.");
        if (mode == ImageOpenMode.Read) return OpenToRead(path);
        SafeFileHandle handle = device ? OpenDevice(path) : ImageNative.Open(path, ImageNative.O_RDWR | (mode == ImageOpenMode.Existing ? 0 : ImageNative.O_CREAT), OwnerOnly);
        try
        {
            ImageNative.FileFacts facts = ImageNative.Facts(handle, path);
            if (facts.IsBlockDevice != device || (!facts.IsBlockDevice && !facts.IsRegular))
                throw new StoreUnusableException($"{path} is neither a regular file nor a block device. Name one of these as the image.");
            if (!ImageNative.TryLock(handle, path))
                throw new StoreInUseException($"{path} is held by another server process. Stop that one, or give this volume another image.");
            IImageFile image = device ? new ImageDevice(handle, path) : new ImageFile(handle, path);
            if (mode == ImageOpenMode.New) RefuseContent(image, handle, path);
            if (mode != ImageOpenMode.Existing && !device) SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return image;
        }
        catch
        {
            ImageNative.Unlock(handle);
            throw;
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDWR | ImageNative.O_CREAT, OwnerOnly);
        try
        {
            if (!ImageNative.TryLock(handle, path)) throw new StoreInUseException($"{path} is locked: another server process holds this volume. Stop that one first.");
            return new HeldLock(handle);
        }
        catch
        {
            ImageNative.Unlock(handle);
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path) => Path.Exists(path);

    /// <inheritdoc/>
    public byte[]? ReadSmall(string path, int most)
    {
        if (!File.Exists(path)) return null;
        using SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDONLY);
        long size = ImageNative.Facts(handle, path).SizeBytes;
        if (size > most) throw new StoreUnusableException($"{path} is {size} bytes long, where at most {most} are possible. It is left as it is.");
        byte[] content = new byte[size];
        ImageNative.Read(handle, path, 0, content);
        return content;
    }

    /// <inheritdoc/>
    public void ReplaceSmall(string path, ReadOnlySpan<byte> content)
    {
        string full = Path.GetFullPath(path);
        string fresh = full + ".new";
        File.Delete(fresh);
        using (SafeFileHandle handle = ImageNative.Open(fresh, ImageNative.O_RDWR | ImageNative.O_CREAT | ImageNative.O_EXCL, OwnerOnly))
        {
            ImageNative.Write(handle, fresh, 0, content);
            ImageNative.Sync(handle, fresh);
        }
        File.Move(fresh, full, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(full)!);
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) return;
        string? parent = Path.GetDirectoryName(full);
        if (parent is not null) CreateDirectory(parent);
        ImageNative.MakeDirectory(full, OwnerOnlyDirectory);
        if (parent is not null) SyncDirectory(parent);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Directories(string path) =>
        Directory.Exists(path) ? [.. Directory.EnumerateDirectories(path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)] : [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Files(string path) => Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Select(f => Path.GetFileName(f)!)] : [];

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);

    /// <inheritdoc/>
    public void MoveDirectory(string from, string to)
    {
        Directory.Move(from, to);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(to))!);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(from))!);
    }

    /// <inheritdoc/>
    public void DeleteDirectory(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <inheritdoc/>
    public void Clone(string path, string clone)
    {
        if (IsBlockDevice(path)) throw new CloneUnsupportedException($"{path} is a block device, which cannot be cloned. For history put the image into a file on XFS or Btrfs; or write archives of it.");
        using SafeFileHandle source = ImageNative.Open(path, ImageNative.O_RDONLY);
        ImageNative.SpareCopies(source);
        using (SafeFileHandle handle = ImageNative.Open(clone, ImageNative.O_RDWR | ImageNative.O_CREAT | ImageNative.O_EXCL, ReadOnly))
        {
            if (!ImageNative.TryClone(handle, clone, source))
                throw new CloneUnsupportedException($"The file system of {Path.GetDirectoryName(path)} cannot clone files, which history needs. Put the store on XFS or Btrfs: stop the server, copy the store there with 'cp -a --sparse=always', and start it with the new place. Until then write archives.");
            ImageNative.Sync(handle, clone);
        }
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(clone))!);
    }

    /// <inheritdoc/>
    public long? UniqueBytes(string path)
    {
        using SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDONLY);
        return ImageNative.UniqueBytes(handle, path);
    }

    /// <inheritdoc/>
    public StorageSpace? Space(string path)
    {
        try
        {
            if (IsBlockDevice(path)) return null;
            var drive = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new StorageSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string path)
    {
        try
        {
            return IsBlockDevice(path) ? long.MaxValue : new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }

    private static ImageFile OpenToRead(string path)
    {
        SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDONLY);
        try
        {
            if (!ImageNative.Facts(handle, path).IsRegular) throw new StoreUnusableException($"{path} is not a regular file.");
            if (!ImageNative.TryLock(handle, path, shared: true)) throw new StoreInUseException($"{path} is being removed.");
            return new ImageFile(handle, path);
        }
        catch
        {
            ImageNative.Unlock(handle);
            throw;
        }
    }

    private static SafeFileHandle OpenDevice(string path)
    {
        try
        {
            return ImageNative.OpenExclusive(path);
        }
        catch (IOException e) when (e.HResult == ImageNative.EBUSY)
        {
            throw new StoreInUseException($"{path} is in use: mounted, a part of a RAID or volume group, or held by another program. Free it first.", e);
        }
    }

    private static void RefuseContent(IImageFile image, SafeFileHandle handle, string path)
    {
        if (image.IsDevice)
        {
            if (DeviceSignature.Find(handle, path, image.SizeBytes) is { } found)
                throw new StoreUnusableException($"{path} is not taken as an image: it holds {found}. If that is to be overwritten, wipe it first (wipefs --all {path}) or say so with force.");
        }
        else if (image.NextData(0, out _, out _))
        {
            throw new StoreUnusableException($"{path} is not taken as an image: it holds data, and the volume has no record that belongs to it. Move it away, put the record volume.json back, or say with force that it may be overwritten.");
        }
    }

    private static bool IsBlockDevice(string path)
    {
        if (!File.Exists(path)) return false;
        using SafeFileHandle handle = OpenForLook(path);
        return ImageNative.Facts(handle, path).IsBlockDevice;
    }

    // O_PATH neither opens the device nor disturbs anyone.
    private static SafeFileHandle OpenForLook(string path) => ImageNative.Open(path, 0x200000);

    private static void SyncDirectory(string path)
    {
        using SafeFileHandle handle = ImageNative.Open(path, ImageNative.O_RDONLY | ImageNative.O_DIRECTORY);
        ImageNative.Sync(handle, path);
    }

    private sealed class HeldLock(SafeFileHandle file) : IDisposable
    {
        public void Dispose() => ImageNative.Unlock(file);
    }
}
