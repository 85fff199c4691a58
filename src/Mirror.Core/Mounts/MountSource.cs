namespace Mirror.Core.Mounts;

/// <summary>What is to be mounted.</summary>
/// <param name="Name">The volume, or the file's path: what the mount is called.</param>
/// <param name="Path">The file that holds the image. It is never changed.</param>
/// <param name="SizeBytes">Bytes of the image; 0: all of the file.</param>
/// <param name="LogicalBlockBytes">The disk's logical block, the unit of its partition table.</param>
/// <param name="ThrowAway">Whether a throw-away clone is made of it, in which the file system's journal is replayed. Otherwise the file itself is mounted, read-only and
/// without a replay.</param>
public sealed record MountSource(string Name, string Path, long SizeBytes = 0, int LogicalBlockBytes = Blocks.Units.SectorBytes, bool ThrowAway = false);
