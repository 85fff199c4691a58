using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>A device opened for writing past every cache. For throw-away devices of calibration and tests only: a mirrored disk is never written.</summary>
internal sealed unsafe class DirectFile : IDisposable
{
    private readonly int _descriptor;

    /// <summary>Takes a descriptor over.</summary>
    public DirectFile(string path, int descriptor)
    {
        Path = path;
        _descriptor = descriptor;
    }

    public string Path { get; }

    public static DirectFile Open(string path) => new(path, NativeError.Check(Libc.Open(path, Libc.ReadWrite | Libc.Direct | Libc.CloseOnExec, 0), path));

    /// <summary>Writes the first bytes of the buffer.</summary>
    public void Write(DirectBuffer buffer, int bytes, long offset)
    {
        if (!TryWrite(buffer, bytes, offset)) throw NativeError.Last($"A write to {Path}");
    }

    /// <summary>The same; false when the device fails it.</summary>
    public bool TryWrite(DirectBuffer buffer, int bytes, long offset) => Libc.WriteAt(_descriptor, buffer.Pointer, (nuint)bytes, offset) == bytes;

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(_descriptor);
}
