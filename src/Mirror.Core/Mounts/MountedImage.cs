namespace Mirror.Core.Mounts;

/// <summary>A file system of an image that is mounted, read-only.</summary>
/// <param name="Name">The volume, or the file, that it was made from.</param>
/// <param name="Directory">Where it is mounted.</param>
/// <param name="Device">The loop device beneath.</param>
/// <param name="FileSystem">The file system.</param>
/// <param name="Partition">The partition's number; null when the file system covers the whole image.</param>
public sealed record MountedImage(string Name, string Directory, string Device, string FileSystem, int? Partition);
