using System.Buffers.Binary;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>Sleeps until the ring has something, another thread asks, or the time is over: epoll on the ring and an eventfd.</summary>
internal sealed unsafe class TapWaiter : IDisposable
{
    private const int EventBytes = 16;      // room for struct epoll_event, packed (12 bytes) or not (16)

    private readonly Lock _lock = new();    // guards _wake against Dispose
    private readonly int _epoll;
    private int _wake;

    public TapWaiter(int ring)
    {
        _epoll = NativeError.Check(Libc.EpollCreate(Libc.CloseOnExec), "epoll");
        _wake = NativeError.Check(Libc.EventDescriptor(0, Libc.EventNonBlocking | Libc.EventCloseOnExec), "eventfd");
        byte* change = stackalloc byte[EventBytes];
        foreach (int descriptor in (int[])[ring, _wake])
        {
            new Span<byte>(change, EventBytes).Clear();
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(change, 4), Libc.EpollIn);
            NativeError.Check(Libc.EpollControl(_epoll, Libc.EpollCtlAdd, descriptor, change), "epoll on the tap's ring");
        }
    }

    /// <summary>Returns when there is a reason to, or by chance.</summary>
    public void Wait(int milliseconds)
    {
        byte* events = stackalloc byte[EventBytes * 2];
        if (Libc.EpollWait(_epoll, events, 2, milliseconds) > 0)
        {
            ulong count;
            _ = Libc.Read(_wake, &count, sizeof(ulong));
        }
    }

    /// <summary>Makes the present or the next <see cref="Wait"/> return. Any thread.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            ulong one = 1;
            if (_wake >= 0) _ = Libc.Write(_wake, &one, sizeof(ulong));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_wake < 0) return;
            _ = Libc.Close(_wake);
            _ = Libc.Close(_epoll);
            _wake = -1;
        }
    }
}
