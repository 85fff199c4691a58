using System.Security.Cryptography;
using Mirror.Core.Blocks;
using Mirror.Driver.Disks;

namespace Mirror.Cli.Demo;

/// <summary>The demo's disk: a loop device over a sparse file, with ext4 on it, mounted.</summary>
internal sealed class DemoDisk
{
    private bool mounted;

    private DemoDisk(string device, string mountPoint)
    {
        Device = device;
        MountPoint = mountPoint;
    }

    public string Device { get; }

    public string MountPoint { get; }

    public static async Task<DemoDisk> CreateAsync(string directory, long bytes, CleanUp cleanUp, CancellationToken cancellation)
    {
        string file = Path.Combine(directory, "disk.img"), mountPoint = Path.Combine(directory, "mnt");
        using (FileStream stream = new(file, FileMode.CreateNew)) stream.SetLength(bytes);
        Directory.CreateDirectory(mountPoint);
        string device = (await Tool.RunAsync(cancellation, "losetup", "--find", "--show", file)).Trim();
        DemoDisk disk = new(device, mountPoint);
        cleanUp.Add($"loop device {device}", () => Tool.RunAsync(CancellationToken.None, "losetup", "--detach", device));
        await Tool.RunAsync(cancellation, "mkfs.ext4", "-q", "-F", device);
        cleanUp.Add($"mount {mountPoint}", disk.UnmountAsync);
        await Tool.RunAsync(cancellation, "mount", device, mountPoint);
        disk.mounted = true;
        return disk;
    }

    public async Task UnmountAsync()
    {
        if (!mounted) return;
        await Tool.RunAsync(CancellationToken.None, "umount", MountPoint);
        mounted = false;
    }

    /// <summary>Reads disk and image to the end, past every cache, and compares every byte.</summary>
    /// <returns>The hash of the disk, and the first byte that differs, or null.</returns>
    public async Task<(string Hash, long? Differs)> CompareAsync(string image, CancellationToken cancellation)
    {
        using DirectDisk disk = DirectDisk.Open(Device);
        using DirectDisk copy = DirectDisk.Open(image);
        if (copy.SizeBytes != disk.SizeBytes) return ("", Math.Min(copy.SizeBytes, disk.SizeBytes));
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Memory<byte> ours = AlignedMemory.Allocate(1 << 20), theirs = AlignedMemory.Allocate(1 << 20);
        for (long at = 0; at < disk.SizeBytes; at += ours.Length)
        {
            int length = (int)Math.Min(ours.Length, disk.SizeBytes - at);
            await disk.ReadAsync(at, ours[..length], cancellation);
            await copy.ReadAsync(at, theirs[..length], cancellation);
            int same = ours.Span[..length].CommonPrefixLength(theirs.Span[..length]);
            if (same < length) return ("", at + same);
            hash.AppendData(ours.Span[..length]);
        }
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), null);
    }
}
