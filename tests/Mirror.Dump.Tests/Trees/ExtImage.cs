namespace Mirror.Dump.Tests.Trees;

/// <summary>An image of an ext file system in a directory of its own, with a place to mount it; both go with it.</summary>
internal sealed class ExtImage : IDisposable
{
    private readonly string _directory = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"dm-ext-{Guid.NewGuid():N}");
    private bool _mounted;

    private ExtImage() => Directory.CreateDirectory(MountPoint);

    /// <summary>The image file.</summary>
    public string File => Path.Combine(_directory, "image");

    /// <summary>Where it is mounted.</summary>
    public string MountPoint => Path.Combine(_directory, "mnt");

    /// <summary>A directory for what else a test needs.</summary>
    public string Scratch => Directory.CreateDirectory(Path.Combine(_directory, "scratch")).FullName;

    /// <summary>Makes an image by mke2fs.</summary>
    /// <param name="sizeBytes">Its size.</param>
    /// <param name="options">Options of mke2fs, apart by blanks.</param>
    /// <param name="populate">Makes a directory to fill the image from (mke2fs -d); null for an empty one.</param>
    public static ExtImage Make(long sizeBytes, string options, Action<string>? populate = null)
    {
        Needs.Programs("mke2fs");
        var image = new ExtImage();
        try
        {
            using (var file = System.IO.File.Create(image.File)) file.SetLength(sizeBytes);
            string[] from = [];
            if (populate is not null)
            {
                populate(image.Scratch);
                from = ["-d", image.Scratch];
            }
            Shell.Run("mke2fs", ["-q", "-F", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. from, image.File]);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Mounts it; skips the test where this kernel cannot.</summary>
    public void Mount(string options = "rw")
    {
        Needs.Mounts();
        try
        {
            Shell.Run("mount", "-t", "ext4", "-o", $"loop,{options}", File, MountPoint);
        }
        catch (InvalidOperationException e)
        {
            Skip.If(true, $"this kernel does not mount it: {e.Message.ReplaceLineEndings(" ")}");
        }
        _mounted = true;
    }

    /// <summary>Unmounts it.</summary>
    public void Unmount()
    {
        Shell.Run("umount", MountPoint);
        _mounted = false;
    }

    public void Dispose()
    {
        if (_mounted) Shell.Run("umount", "-l", MountPoint);
        Directory.Delete(_directory, recursive: true);
    }
}
