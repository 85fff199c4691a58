namespace Mirror.Core.Wire;

/// <summary>
/// The buffers that one connection may have for the payload of its frames: a fixed number at most, of its own or out of a <see cref="PayloadBudget"/> that it
/// shares with others. Who rents waits when all are out, which is how a slow consumer holds back the network. Safe for use by several threads.
/// </summary>
public sealed class PayloadPool : IDisposable
{
    private readonly PayloadBudget _budget;
    private volatile bool _first;

    /// <summary>Makes a pool of at most <paramref name="buffers"/> buffers of <paramref name="bufferBytes"/> bytes, of its own.</summary>
    public PayloadPool(int buffers, int bufferBytes = WireLimits.MaxPayloadBytes) : this(new PayloadBudget(buffers, bufferBytes), buffers)
    {
    }

    /// <summary>At most <paramref name="buffers"/> out of what is shared; the pool is one of those that share until it is disposed.</summary>
    internal PayloadPool(PayloadBudget budget, int buffers)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(buffers);
        _budget = budget;
        Buffers = buffers;
        budget.Join();
    }

    /// <summary>The most buffers that are out at once.</summary>
    public int Buffers { get; }

    /// <summary>Bytes of each.</summary>
    public int BufferBytes => _budget.BufferBytes;

    /// <summary>How many more this pool could have out, if the others leave it as many.</summary>
    public int Available => Buffers - Held;

    /// <summary>Whether somebody waits for a buffer.</summary>
    internal bool IsStarved => Volatile.Read(ref Waiting) > 0;

    /// <summary>Whether it goes before those that do not. It is said while nobody waits.</summary>
    internal bool First
    {
        get => _first;
        set => _first = value;
    }

    /// <summary>Buffers that are out. This and the next two are guarded by the budget.</summary>
    internal int Held;

    /// <summary>How many wait for one.</summary>
    internal int Waiting;

    /// <summary>No longer one of those that share.</summary>
    internal bool Left;

    /// <summary>Takes a buffer, waiting for one to come back when all are out. The caller owns it until <see cref="PayloadBuffer.Dispose"/>.</summary>
    public ValueTask<PayloadBuffer> RentAsync(CancellationToken cancellation) => _budget.RentAsync(this, cancellation);

    /// <summary>Takes a buffer if one is free.</summary>
    public bool TryRent(out PayloadBuffer? buffer)
    {
        buffer = _budget.TryRent(this);
        return buffer is not null;
    }

    /// <inheritdoc/>
    public void Dispose() => _budget.Leave(this);

    internal void Return(PayloadBuffer buffer) => _budget.Return(this, buffer);
}
