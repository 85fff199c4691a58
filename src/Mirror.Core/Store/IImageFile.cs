namespace Mirror.Core.Store;

/// <summary>The server's raw copy as the operating system offers it: a sparse file or a block device. Implemented in Mirror.Driver.</summary>
public interface IImageFile : IDisposable
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Bytes. For a file, what <see cref="SetSize"/> made it; for a device, its capacity.</summary>
    long SizeBytes { get; }

    /// <summary>Whether this is a block device.</summary>
    bool IsDevice { get; }

    /// <summary>Makes a new file exactly this large, sparse. A device is only checked to be large enough.</summary>
    void SetSize(long bytes);

    /// <summary>Gives the first <paramref name="bytes"/> bytes their storage, so that writing them later needs no room. What they hold stays.</summary>
    /// <exception cref="StoreFullException">There is not enough.</exception>
    void Allocate(long bytes);

    /// <summary>Reads exactly <paramref name="destination"/>; what was never written reads as zeroes.</summary>
    void Read(long offset, Span<byte> destination);

    /// <summary>Writes exactly <paramref name="source"/>; on storage when <see cref="Flush"/> has returned.</summary>
    /// <exception cref="IOException">Disk full (<see cref="StoreFullException"/>) or failed. Nothing since the last flush may be trusted then.</exception>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Makes the range read as zeroes and gives its space back where the storage can.</summary>
    void Zero(long offset, long length);

    /// <summary>Finds the next stretch that may hold data: false when only zeroes follow <paramref name="from"/>.</summary>
    /// <param name="from">Where to look from, in bytes.</param>
    /// <param name="start">Its first byte, at or after <paramref name="from"/>.</param>
    /// <param name="end">The first byte after it.</param>
    bool NextData(long from, out long start, out long end);

    /// <summary>Bytes of storage in use.</summary>
    long AllocatedBytes { get; }

    /// <summary>Another number whenever anybody has changed the file, its content or its place, since it was asked for; 0 when that cannot be seen (a device).</summary>
    long ChangeStamp { get; }

    /// <summary>Returns when all earlier writes are on stable storage (fdatasync).</summary>
    void Flush();

    /// <summary>Throws the page cache of this file away: after a failed write or flush nothing in it proves anything.</summary>
    void DropCache();
}
