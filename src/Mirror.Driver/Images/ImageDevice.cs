using Microsoft.Win32.SafeHandles;
using Mirror.Core.Store;

namespace Mirror.Driver.Images;

/// <summary>
/// An image as a block device. Opened exclusively (O_EXCL), so it is neither mounted nor a part of another device while it is an image.
/// A device has no holes to ask for: everything may be data.
/// </summary>
internal sealed class ImageDevice : IImageFile
{
    private const long ZeroStep = 256L << 20;   // so that one command neither runs for hours nor hides an error

    private readonly SafeFileHandle _handle;
    private readonly int _block;

    /// <summary>Takes over an open, locked handle.</summary>
    public ImageDevice(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
        SizeBytes = ImageNative.DeviceBytes(handle, path);
        _block = ImageNative.LogicalBlock(handle, path);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <inheritdoc/>
    public bool IsDevice => true;

    /// <inheritdoc/>
    public long AllocatedBytes => SizeBytes;

    /// <inheritdoc/>
    public long ChangeStamp => 0;

    /// <inheritdoc/>
    public void SetSize(long bytes)
    {
        if (bytes > SizeBytes) throw new StoreUnusableException($"{Path} has {SizeBytes} bytes, and the volume needs {bytes}. Give a larger device, or a file.");
    }

    /// <inheritdoc/>
    public void Allocate(long bytes)
    {
        // A device is all there.
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination) => ImageNative.Read(_handle, Path, offset, destination);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckRange(offset, source.Length);
        ImageNative.Write(_handle, Path, offset, source);
    }

    /// <inheritdoc/>
    public void Zero(long offset, long length)
    {
        CheckRange(offset, length);
        // Whole blocks by command, the edges by writing.
        long end = offset + length;
        long first = Math.Min((offset + _block - 1) / _block * _block, end), last = Math.Max(end / _block * _block, first);
        ZeroWriter.Write(offset, first, Write);
        for (long at = first; at < last; at += ZeroStep)
        {
            long step = Math.Min(ZeroStep, last - at);
            // Punching gives the space back and reads as zero afterwards, or says that it cannot; a bare discard promises nothing.
            if (!ImageNative.TryPunch(_handle, Path, at, step) && !ImageNative.TryZeroOut(_handle, Path, at, step)) ZeroWriter.Write(at, at + step, Write);
        }
        ZeroWriter.Write(last, end, Write);
    }

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end)
    {
        start = from;
        end = SizeBytes;
        return from < SizeBytes;
    }

    /// <inheritdoc/>
    public void Flush() => ImageNative.DataSync(_handle, Path);

    /// <inheritdoc/>
    public void DropCache() => ImageNative.DropCache(_handle);

    /// <inheritdoc/>
    public void Dispose() => ImageNative.Unlock(_handle);

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > SizeBytes - length) throw new ArgumentOutOfRangeException(nameof(offset), $"{Path}: {length} bytes at {offset} are not all within its {SizeBytes} bytes.");
    }
}
