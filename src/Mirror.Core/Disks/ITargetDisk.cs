namespace Mirror.Core.Disks;

/// <summary>
/// A disk or file that is overwritten by a restore: opened for this process alone. Calls may run side by side for ranges that do not
/// overlap. Implemented in Mirror.Driver.
/// </summary>
public interface ITargetDisk : IDisposable
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Bytes; at least those of the volume that is restored.</summary>
    long SizeBytes { get; }

    /// <summary>Its logical block in bytes; what the restored file systems were made for is the source disk's.</summary>
    int LogicalBlockBytes { get; }

    /// <summary>Reads what storage holds, past every cache where that can be. The memory comes from <see cref="Blocks.AlignedMemory"/>.</summary>
    /// <exception cref="TargetException">The disk failed; the message names path, offset and errno.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation);

    /// <summary>Writes all of <paramref name="source"/>; on storage when <see cref="FlushAsync"/> has returned.</summary>
    /// <exception cref="TargetException">The disk is full or failed; the message names path, offset and errno.</exception>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellation);

    /// <summary>Makes the range read as zeroes: by a hole, by discarding where that promises zeroes, by writing them elsewhere.</summary>
    ValueTask ZeroAsync(long offset, long length, CancellationToken cancellation);

    /// <summary>Returns when all earlier writes are on stable storage.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);

    /// <summary>The first byte at or after <paramref name="from"/> that may not be zero, or <see cref="SizeBytes"/> when only zeroes follow. A disk
    /// that knows of no holes answers <paramref name="from"/>.</summary>
    long NextData(long from) => from;
}
