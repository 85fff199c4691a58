using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>
/// A fixed number of equal buffers for the payload of frames. Made when first needed, never given back to the runtime while the pool
/// lives. Who rents waits when all are out, which is how a slow consumer holds back the network. Safe for use by several threads.
/// </summary>
public sealed class PayloadPool
{
    private readonly SemaphoreSlim _free;
    private readonly Stack<PayloadBuffer> _kept;    // guarded by itself

    /// <summary>Makes a pool of at most <paramref name="buffers"/> buffers of <paramref name="bufferBytes"/> bytes.</summary>
    public PayloadPool(int buffers, int bufferBytes = WireLimits.MaxPayloadBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(buffers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bufferBytes);
        Buffers = buffers;
        BufferBytes = bufferBytes;
        _free = new SemaphoreSlim(buffers, buffers);
        _kept = new Stack<PayloadBuffer>(buffers);
    }

    /// <summary>The most buffers that are out at once.</summary>
    public int Buffers { get; }

    /// <summary>Bytes of each.</summary>
    public int BufferBytes { get; }

    /// <summary>How many could be rented now without waiting.</summary>
    public int Available => _free.CurrentCount;

    /// <summary>Takes a buffer, waiting for one to come back when all are out. The caller owns it until <see cref="PayloadBuffer.Dispose"/>.</summary>
    public ValueTask<PayloadBuffer> RentAsync(CancellationToken cancellation)
    {
        if (_free.Wait(0, CancellationToken.None)) return ValueTask.FromResult(Take());
        return WaitAsync(cancellation);
    }

    /// <summary>Takes a buffer if one is free.</summary>
    public bool TryRent(out PayloadBuffer? buffer)
    {
        buffer = _free.Wait(0, CancellationToken.None) ? Take() : null;
        return buffer is not null;
    }

    internal void Return(PayloadBuffer buffer)
    {
        lock (_kept) _kept.Push(buffer);
        _free.Release();
    }

    private async ValueTask<PayloadBuffer> WaitAsync(CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        return Take();
    }

    private PayloadBuffer Take()
    {
        PayloadBuffer? buffer;
        lock (_kept) _kept.TryPop(out buffer);
        buffer ??= new PayloadBuffer(this, AlignedMemory.Allocate(BufferBytes));
        buffer.Lend();
        return buffer;
    }
}
