namespace Mirror.Dump.FileSystems;

/// <summary>
/// Random access to the bytes that a file system lies in: an image, a device, a partition of either. Safe for use by several threads.
/// </summary>
public interface IBlockSource : IDisposable
{
    /// <summary>How it is named in errors: a path, with the partition where there is one.</summary>
    string Name { get; }

    /// <summary>Bytes in all.</summary>
    long SizeBytes { get; }

    /// <summary>Reads exactly <paramref name="destination"/> from byte <paramref name="offset"/> on.</summary>
    /// <exception cref="DamagedException">The range reaches past the end: what named it is damaged.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    void Read(long offset, Span<byte> destination);
}
