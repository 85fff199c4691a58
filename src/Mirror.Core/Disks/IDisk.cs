namespace Mirror.Core.Disks;

/// <summary>A disk that is read and never written. Reads may run side by side.</summary>
public interface IDisk : IDisposable
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Bytes when it was opened; a multiple of 512. What the disk has gained since is not read.</summary>
    long SizeBytes { get; }

    /// <summary>Bytes now; <see cref="SizeBytes"/> where that cannot be asked.</summary>
    long SizeNow => SizeBytes;

    /// <summary>512 or 4096 on common disks: alignment of every direct read and of the restored disk.</summary>
    int LogicalBlockBytes { get; }

    /// <summary>Which disk this is.</summary>
    DiskIdentity Identity { get; }

    /// <summary>What makes this attachment of the disk unlike an earlier or later one (boot id, diskseq, partition start);
    /// resume is only possible while it stays the same. The size may grow meanwhile. Empty when unknown.</summary>
    string Attachment { get; }

    /// <summary>
    /// Reads past every cache. <paramref name="offset"/> and the length are multiples of <see cref="LogicalBlockBytes"/> (the end of
    /// the disk excepted), and the memory comes from <see cref="Blocks.AlignedMemory"/>.
    /// </summary>
    /// <exception cref="IOException">The disk failed; the message names path, offset and errno.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation);

    /// <summary>
    /// The first byte at or after <paramref name="from"/> that may not be zero, or <see cref="SizeBytes"/> when only zeroes follow. A disk
    /// that knows of no holes answers <paramref name="from"/>. Whatever is written before the call counts.
    /// </summary>
    long NextData(long from) => from;
}
