namespace Mirror.Core.Mounts;

/// <summary>Which file system begins at the start of a range, as the kernel names it.</summary>
public static class FileSystemSignature
{
    /// <summary>Bytes from the start that are looked at.</summary>
    public const int Bytes = 0x10048;

    /// <summary>The kernel's name of the file system; null when it is none of those that are known here.</summary>
    /// <param name="start">The first <see cref="Bytes"/> of the range, or fewer when it is shorter.</param>
    public static string? Find(ReadOnlySpan<byte> start)
    {
        if (Is(start, 0, "XFSB"u8)) return "xfs";
        if (Is(start, 0x438, [0x53, 0xEF])) return "ext4";      // the driver of ext4 reads ext2 and ext3, too
        if (Is(start, 0x10040, "_BHRfS_M"u8)) return "btrfs";
        if (Is(start, 3, "NTFS    "u8)) return "ntfs3";
        if (Is(start, 3, "EXFAT   "u8)) return "exfat";
        if (Is(start, 0x36, "FAT"u8) || Is(start, 0x52, "FAT32"u8)) return "vfat";
        if (Is(start, 0x400, [0x10, 0x20, 0xF5, 0xF2])) return "f2fs";
        if (Is(start, 0, "hsqs"u8)) return "squashfs";
        if (Is(start, 0x8001, "CD001"u8)) return "iso9660";
        return null;
    }

    private static bool Is(ReadOnlySpan<byte> start, int at, ReadOnlySpan<byte> magic) => start.Length >= at + magic.Length && start.Slice(at, magic.Length).SequenceEqual(magic);
}
