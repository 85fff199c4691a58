using Mirror.Dump.Archive.Format;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Reading;

/// <summary>An inode of an archive, as its first header tells it.</summary>
internal sealed record ArchiveInode
{
    public required uint Number { get; init; }
    public required ushort Mode { get; init; }
    public required uint Links { get; init; }
    public required long SizeBytes { get; init; }
    public required uint UserId { get; init; }
    public required uint GroupId { get; init; }
    public required InodeTime Accessed { get; init; }
    public required InodeTime Modified { get; init; }

    /// <summary>Inode flags of ext file systems.</summary>
    public required uint Flags { get; init; }

    public required uint DeviceMajor { get; init; }
    public required uint DeviceMinor { get; init; }

    /// <summary>Only the inode is in the archive.</summary>
    public required bool MetadataOnly { get; init; }

    /// <summary>Bytes of attributes that follow the content (UFS2).</summary>
    public required int ExtensionBytes { get; init; }

    public InodeKind Kind => (InodeKind)(Mode >> 12);

    public static ArchiveInode Of(DumpHeader header) => new()
    {
        Number = header.Inode,
        Mode = header.Mode,
        Links = header.Links,
        SizeBytes = header.Size,
        UserId = header.UserId,
        GroupId = header.GroupId,
        Accessed = header.Accessed,
        Modified = header.Modified,
        Flags = header.InodeFlags,
        DeviceMajor = header.DeviceMajor,
        DeviceMinor = header.DeviceMinor,
        MetadataOnly = (header.Flags & HeaderFlags.MetadataOnly) != 0,
        ExtensionBytes = header.ExtensionBytes,
    };
}
