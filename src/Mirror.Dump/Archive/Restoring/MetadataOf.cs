using Mirror.Core.Files;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>What of an archive's inode is set in a target.</summary>
internal static class MetadataOf
{
    public static TargetMetadata Inode(ArchiveInode inode, IReadOnlyList<TargetAttribute> attributes) => new()
    {
        Mode = inode.Mode,
        UserId = inode.UserId,
        GroupId = inode.GroupId,
        AccessedSeconds = inode.Accessed.Seconds,
        AccessedNanoseconds = inode.Accessed.Nanoseconds,
        ModifiedSeconds = inode.Modified.Seconds,
        ModifiedNanoseconds = inode.Modified.Nanoseconds,
        Flags = inode.Flags,
        Attributes = attributes,
    };

    public static TargetAttribute[] Attributes(IReadOnlyList<ExtendedAttribute> attributes) => [.. attributes.Select(a => new TargetAttribute(a.Name, a.Value))];
}
