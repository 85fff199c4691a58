using Mirror.Core.Store;

namespace Mirror.Hosting.Archives;

/// <summary>The first bytes of a file of the store.</summary>
internal sealed class FileReader(IImageFile file, long sizeBytes) : IImageReader
{
    /// <inheritdoc/>
    public long SizeBytes => sizeBytes;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination) => file.Read(offset, destination);

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end) => file.NextData(from, out start, out end);
}
