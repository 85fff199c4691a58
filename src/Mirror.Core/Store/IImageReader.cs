namespace Mirror.Core.Store;

/// <summary>
/// What can be read of a volume's content: of a store, as it is after all writes so far, consistent or not (for the hashes of a scan); of a
/// <see cref="IConsistentView"/>, one instant. Any thread may read.
/// </summary>
public interface IImageReader
{
    /// <summary>Bytes of the volume.</summary>
    long SizeBytes { get; }

    /// <summary>Reads exactly <paramref name="destination"/>; what was never written reads as zeroes.</summary>
    void Read(long offset, Span<byte> destination);

    /// <summary>The next stretch that may be other than zero: false when only zeroes follow.</summary>
    bool NextData(long from, out long start, out long end);
}
