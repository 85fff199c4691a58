using System.Security.Cryptography;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>Pages of locked memory, filled with random bytes.</summary>
internal sealed unsafe class DirectBuffer : IDisposable
{
    private readonly nint _address;

    public DirectBuffer(int pages = 1)
    {
        Bytes = pages * Environment.SystemPageSize;
        _address = Libc.Map(0, (nuint)Bytes, Libc.ProtRead | Libc.ProtWrite, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapPopulate, -1, 0);
        if (_address == -1) throw NativeError.Last("A page of memory");
        _ = Libc.Lock(_address, (nuint)Bytes);
        RandomNumberGenerator.Fill(Span);
    }

    public byte* Pointer => (byte*)_address;

    public int Bytes { get; }

    public Span<byte> Span => new(Pointer, Bytes);

    /// <summary>The first page's frame number (Documentation/admin-guide/mm/pagemap.rst).</summary>
    public ulong Frame()
    {
        int file = NativeError.Check(Libc.Open("/proc/self/pagemap", Libc.ReadOnly | Libc.CloseOnExec, 0), "/proc/self/pagemap");
        ulong entry = 0;
        nint read = Libc.ReadAt(file, &entry, sizeof(ulong), _address / Environment.SystemPageSize * sizeof(ulong));
        _ = Libc.Close(file);
        const ulong present = 1UL << 63, frameMask = (1UL << 55) - 1;
        if (read != sizeof(ulong) || (entry & present) == 0 || (entry & frameMask) == 0) throw new IOException("page frames are not shown to this process (CAP_SYS_ADMIN).");
        return entry & frameMask;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Unmap(_address, (nuint)Bytes);
}
