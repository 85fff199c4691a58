namespace Mirror.Dump.FileSystems;

/// <summary>A time of an inode.</summary>
/// <param name="Seconds">Since 1970-01-01 UTC; may be negative.</param>
/// <param name="Nanoseconds">0 to 999,999,999.</param>
public readonly record struct InodeTime(long Seconds, uint Nanoseconds);
