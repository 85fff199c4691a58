namespace Mirror.Core.Disks;

/// <summary>A read from a disk failed. The message names path, offset and error.</summary>
public sealed class DiskReadException(string path, long offset, int length, int errno, string message) : IOException(message, errno)
{
    /// <summary>The disk's path.</summary>
    public string DiskPath { get; } = path;

    /// <summary>First byte of the part that could not be read.</summary>
    public long Offset { get; } = offset;

    /// <summary>How many bytes were asked for from <see cref="Offset"/> on. Those that are bad lie within; not all of them need to be.</summary>
    public int Length { get; } = length;

    /// <summary>The operating system's error number; 0 when the disk ended early.</summary>
    public int Errno { get; } = errno;
}
