namespace Mirror.Core.Mounts;

/// <summary>One partition in an image's own table.</summary>
/// <param name="Number">As the kernel numbers it: <c>sda1</c> is 1.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
public sealed record ImagePartition(int Number, long Offset, long Length);
