using Microsoft.Win32.SafeHandles;
using Mirror.Core.Store;

namespace Mirror.Driver.Images;

/// <summary>An image as a sparse regular file. The handle carries the lock against other servers.</summary>
internal sealed class ImageFile : IImageFile
{
    private readonly SafeFileHandle _handle;
    private long _size;

    /// <summary>Takes over an open, locked handle.</summary>
    public ImageFile(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
        _size = ImageNative.Facts(handle, path).SizeBytes;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long SizeBytes => Volatile.Read(ref _size);

    /// <inheritdoc/>
    public bool IsDevice => false;

    /// <inheritdoc/>
    public long AllocatedBytes => ImageNative.Facts(_handle, Path).AllocatedBytes;

    /// <inheritdoc/>
    public long ChangeStamp => ImageNative.Facts(_handle, Path).Changed;

    /// <inheritdoc/>
    public void SetSize(long bytes)
    {
        if (bytes == SizeBytes) return;
        ImageNative.Truncate(_handle, Path, bytes);
        ImageNative.Sync(_handle, Path);
        Volatile.Write(ref _size, bytes);
    }

    /// <inheritdoc/>
    public void Allocate(long bytes)
    {
        if (AllocatedBytes >= bytes || ImageNative.TryAllocate(_handle, Path, bytes)) return;
        // Where nothing can be set aside, only writing takes the room; what is there is kept.
        byte[] piece = new byte[1 << 20];
        for (long at = 0; at < bytes; at += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, bytes - at));
            Read(at, part);
            Write(at, part);
        }
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
        if (length == 0 || ImageNative.TryPunch(_handle, Path, offset, length)) return;
        // No holes in this file system: only what is stored needs zeroes.
        long end = offset + length;
        for (long at = offset; NextData(at, out long start, out long stop) && start < end; at = stop)
            ZeroWriter.Write(Math.Max(start, offset), Math.Min(stop, end), Write);
    }

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end)
    {
        start = end = 0;
        if (from >= SizeBytes) return false;
        start = ImageNative.Seek(_handle, Path, from, ImageNative.SeekData);
        if (start < 0) return false;
        end = ImageNative.Seek(_handle, Path, start, ImageNative.SeekHole);
        if (end < 0) end = SizeBytes;
        return true;
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
