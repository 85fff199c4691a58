namespace Mirror.Driver.Interop;

/// <summary>A piece of a file or map in this process's memory, until disposed. Whoever holds a pointer into it must not outlive it.</summary>
internal sealed unsafe class MappedMemory : IDisposable
{
    private nint _address;

    /// <summary>Maps <paramref name="length"/> bytes from <paramref name="offset"/> on, shared.</summary>
    /// <exception cref="IOException">The kernel refused; the message names <paramref name="what"/>.</exception>
    public MappedMemory(int descriptor, long offset, long length, bool writable, string what)
    {
        int protection = writable ? Libc.ProtRead | Libc.ProtWrite : Libc.ProtRead;
        nint address = Libc.Map(0, (nuint)length, protection, Libc.MapShared, descriptor, offset);
        if (address == -1) throw NativeError.Last($"{what} could not be mapped");
        _address = address;
        Length = length;
    }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte.</summary>
    public byte* Pointer => _address != 0 ? (byte*)_address : throw new ObjectDisposedException(nameof(MappedMemory));

    /// <inheritdoc/>
    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0) _ = Libc.Unmap(address, (nuint)Length);
    }
}
