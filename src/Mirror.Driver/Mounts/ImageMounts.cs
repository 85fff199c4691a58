using Microsoft.Win32.SafeHandles;
using Mirror.Core.Mounts;
using Mirror.Core.Operations;
using Mirror.Driver.Disks;
using Mirror.Driver.Images;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Mounts;

/// <summary>
/// Mounts file systems of images through loop devices, read-only and without device files, set-user-id bits and programs: what is on an image is not
/// trusted. A clone that is made for a mount has no name from its first moment on, so it goes away with the mount.
/// </summary>
public sealed class ImageMounts : IImageMounts
{
    private const nuint MountReadOnly = 1, MountNoSuid = 2, MountNoDevices = 4, MountNoExec = 8;
    private const nuint FiClone = 0x40049409;
    private const int Eopnotsupp = 95, Exdev = 18, Enotty = 25, Einval = 22;

    /// <inheritdoc/>
    public MountedImage Mount(MountSource source, string directory, int? partition)
    {
        string at = Path.GetFullPath(directory);
        if (Libc.EffectiveUser() != 0) throw new MountException($"{at}: mounting needs root.");
        using SafeFileHandle image = Open(source.Path, ImageNative.O_RDONLY);
        long size = source.SizeBytes > 0 ? source.SizeBytes : ImageNative.Facts(image, source.Path).SizeBytes;
        (ImagePartition part, string type) = Choose(source, image, size, partition);
        PrepareDirectory(at);
        using SafeFileHandle shown = source.ThrowAway ? Clone(image, source) : Open(source.Path, ImageNative.O_RDONLY);
        using LoopAttachment loop = LoopAttachment.Create((int)shown.DangerousGetHandle(), part.Offset, part.Length, readOnly: !source.ThrowAway, source.Name);
        string? options = Options(type, replay: source.ThrowAway);
        if (Libc.Mount(loop.Device, at, type, MountReadOnly | MountNoSuid | MountNoDevices | MountNoExec, options) != 0)
        {
            IOException why = NativeError.Last($"mount of {type} from {loop.Device}");
            throw new MountException($"{source.Name}{(part.Number > 0 ? $", partition {part.Number}" : "")} cannot be mounted at {at}. {why.Message} The kernel's log (dmesg) may say more.", why);
        }
        return new MountedImage(source.Name, at, loop.Device, type, part.Number > 0 ? part.Number : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<MountedImage> List()
    {
        List<MountedImage> found = [];
        foreach (MountTable.Mount mount in MountTable.Read(HostPaths.System).Mounts)
        {
            if (mount.Source.StartsWith("/dev/loop", StringComparison.Ordinal) && LoopAttachment.NameOf(mount.Source) is { } name)
                found.Add(new MountedImage(name, mount.Point, mount.Source, mount.Type, null));
        }
        return found;
    }

    /// <inheritdoc/>
    public void Unmount(MountedImage mounted)
    {
        if (Libc.Unmount(mounted.Directory, 0) == 0) return;
        IOException why = NativeError.Last($"umount of {mounted.Directory}");
        throw new MountException(why.HResult == Libc.Ebusy ? $"{mounted.Directory} is in use: some process works in it ('fuser -vm {mounted.Directory}' shows which). Try again when it has ended." : why.Message, why);
    }

    /// <summary>The file system that is meant: its place in the image, and its type.</summary>
    private static (ImagePartition Part, string Type) Choose(MountSource source, SafeFileHandle image, long size, int? partition)
    {
        IReadOnlyList<ImagePartition> table = PartitionReader.Find((offset, bytes) => ImageNative.Read(image, source.Path, offset, bytes), size, source.LogicalBlockBytes);
        var whole = new ImagePartition(0, 0, size);
        if (partition is { } number)
        {
            ImagePartition part = table.FirstOrDefault(p => p.Number == number)
                ?? throw new MountException($"{source.Name} has no partition {number}. {Describe(source, image, table)}");
            return (part, TypeOf(source, image, part) ?? throw new MountException($"Partition {number} of {source.Name} holds no file system that is known here (swap, LVM, RAID and encrypted ones cannot be mounted). {Describe(source, image, table)}"));
        }
        // A file system on the whole disk may leave an old table, or a boot sector that looks like one, in its first block.
        if (TypeOf(source, image, whole) is { } type) return (whole, type);
        (ImagePartition Part, string? Type)[] mountable = [.. table.Select(p => (p, TypeOf(source, image, p))).Where(p => p.Item2 is not null)];
        return mountable switch
        {
            [(ImagePartition only, string its)] => (only, its),
            [] => throw new MountException($"{source.Name} holds no file system that is known here. {Describe(source, image, table)}"),
            _ => throw new MountException($"{source.Name} holds several file systems: say which with --partition. {Describe(source, image, table)}"),
        };
    }

    private static string? TypeOf(MountSource source, SafeFileHandle image, ImagePartition part)
    {
        byte[] start = new byte[Math.Min(FileSystemSignature.Bytes, part.Length)];
        ImageNative.Read(image, source.Path, part.Offset, start);
        return FileSystemSignature.Find(start);
    }

    private static string Describe(MountSource source, SafeFileHandle image, IReadOnlyList<ImagePartition> table) => table.Count == 0
        ? "There is no partition table."
        : $"Partitions: {string.Join(", ", table.Take(32).Select(p => $"{p.Number} ({TypeOf(source, image, p) ?? "unknown"}, {ByteQuantity.Format(p.Length)})"))}.";

    /// <summary>Without a replay the journal is passed over: what was in it is missing, and files that were being written may look odd.</summary>
    private static string? Options(string type, bool replay) => type switch
    {
        "xfs" => replay ? "nouuid" : "nouuid,norecovery",
        "ext4" => replay ? null : "noload",
        "btrfs" => replay ? null : "rescue=nologreplay",
        "f2fs" => replay ? null : "norecovery",
        _ => null,
    };

    private static void PrepareDirectory(string at)
    {
        if (File.Exists(at)) throw new MountException($"{at} is a file. Give a directory.");
        Directory.CreateDirectory(at);
        if (Directory.EnumerateFileSystemEntries(at).Any()) throw new MountException($"{at} is not empty, and what is in it would be hidden. Give an empty directory, or one that is not there.");
    }

    /// <summary>A clone without a name, beside the image.</summary>
    private static SafeFileHandle Clone(SafeFileHandle image, MountSource source)
    {
        string name = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(source.Path))!, $".mount-{Guid.NewGuid():N}");
        SafeFileHandle clone = Open(name, ImageNative.O_RDWR | ImageNative.O_CREAT | ImageNative.O_EXCL);
        try
        {
            File.Delete(name);
            if (Libc.Control((int)clone.DangerousGetHandle(), FiClone, image.DangerousGetHandle()) == 0) return clone;
            IOException why = NativeError.Last($"a clone of {source.Path}");
            throw new MountException(why.HResult is Eopnotsupp or Exdev or Enotty or Einval
                ? $"{source.Name}: the file system of the store cannot clone files (XFS and Btrfs can), so nothing can stand still while the volume is live. Restore it into a file "
                    + "('diskmirror restore ... --to FILE', which is a consistent state), and mount that: 'diskmirror mount FILE --at DIR'."
                : $"{source.Name}: {why.Message}", why);
        }
        catch
        {
            clone.Dispose();
            throw;
        }
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        try
        {
            return ImageNative.Open(path, flags, 0x180);
        }
        catch (IOException e)
        {
            throw new MountException(e.Message, e);
        }
    }
}
