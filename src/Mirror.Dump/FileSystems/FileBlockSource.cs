using Microsoft.Win32.SafeHandles;

namespace Mirror.Dump.FileSystems;

/// <summary>An image file or a block device, opened for reading only.</summary>
public sealed class FileBlockSource : IBlockSource
{
    private readonly SafeFileHandle _handle;

    private FileBlockSource(string path, SafeFileHandle handle, long sizeBytes)
    {
        Name = path;
        _handle = handle;
        SizeBytes = sizeBytes;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <summary>Opens a file or a block device.</summary>
    /// <exception cref="IOException">It cannot be opened, or it is neither.</exception>
    public static FileBlockSource Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            // Others may write to it (a server to its image): what keeps the reader's view whole is a snapshot, not a lock.
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be opened for reading: {e.Message}", e);
        }
        try
        {
            return new FileBlockSource(path, handle, FindSize(path, handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > SizeBytes - destination.Length)
            throw new DamagedException($"{Name}: bytes {offset} to {offset + destination.Length} were asked for, but it ends at {SizeBytes}.");
        while (destination.Length > 0)
        {
            int n = RandomAccess.Read(_handle, destination, offset);
            if (n == 0) throw new IOException($"{Name}: ends at {offset}, but had {SizeBytes} bytes when it was opened.");
            destination = destination[n..];
            offset += n;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static long FindSize(string path, SafeFileHandle handle)
    {
        long length;
        try
        {
            length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException e)
        {
            throw new IOException($"{path} is neither a file nor a block device.", e);
        }
        // A block device tells its size by ioctl only. Reads past its end give nothing, so the end is found by halving.
        return length > 0 ? length : FindEnd(handle);
    }

    private static long FindEnd(SafeFileHandle handle)
    {
        Span<byte> one = stackalloc byte[1];
        if (RandomAccess.Read(handle, one, 0) == 0) return 0;
        long readable = 0, beyond = 1;
        while (RandomAccess.Read(handle, one, beyond) == 1)
        {
            readable = beyond;
            if (beyond > long.MaxValue / 4) break;
            beyond *= 2;
        }
        while (beyond - readable > 1)
        {
            long middle = readable + (beyond - readable) / 2;
            if (RandomAccess.Read(handle, one, middle) == 1) readable = middle; else beyond = middle;
        }
        return beyond;
    }
}
