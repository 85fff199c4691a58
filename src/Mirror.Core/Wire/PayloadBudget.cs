namespace Mirror.Core.Wire;

/// <summary>
/// The memory that any number of <see cref="PayloadPool"/>s share: a fixed number of equal buffers, made when first needed and never given back to the
/// runtime. Each pool may always have one out, however many others do, so nobody can starve another and whoever waits goes on when its own buffer comes
/// back. Beyond that one, what is out and one for each pool that has none stay below the limit, so together the pools never have more out than
/// <see cref="Buffers"/>, or one each if they are more than that. Those that go first (<see cref="PayloadPool.First"/>) are served before others wait any
/// shorter, and the last quarter is theirs alone. Among equals, who waits longest is next, and a pool waits again for each.
///
/// <para>Safe for use by several threads: everything, the pools' counts included, is guarded by <see cref="_lock"/>, held for moments.</para>
/// </summary>
internal sealed class PayloadBudget
{
    private readonly Lock _lock = new();
    private readonly Stack<PayloadBuffer> _kept = new();
    private readonly LinkedList<Waiter> _first = new(), _others = new();    // oldest first
    private readonly int _mostOfOthers;
    private int _out;       // buffers that are out
    private int _empty;     // pools that have none out

    /// <summary>Makes a budget of <paramref name="buffers"/> buffers of <paramref name="bufferBytes"/> bytes.</summary>
    /// <param name="buffers">The most that are out at once.</param>
    /// <param name="bufferBytes">Bytes of each.</param>
    /// <param name="kept">How many of them are kept for those that go first.</param>
    public PayloadBudget(int buffers, int bufferBytes = WireLimits.MaxPayloadBytes, int kept = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(buffers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bufferBytes);
        Buffers = buffers;
        BufferBytes = bufferBytes;
        _mostOfOthers = buffers - kept;
    }

    /// <summary>The most buffers that are out at once.</summary>
    public int Buffers { get; }

    /// <summary>Bytes of each.</summary>
    public int BufferBytes { get; }

    /// <summary>How many are out now.</summary>
    public int Out
    {
        get
        {
            lock (_lock) return _out;
        }
    }

    internal void Join()
    {
        lock (_lock) _empty++;
    }

    /// <summary>A pool goes. What it has out may come back later.</summary>
    internal void Leave(PayloadPool pool)
    {
        lock (_lock)
        {
            if (pool.Left) return;
            pool.Left = true;
            if (pool.Held == 0) _empty--;
            Serve(pool);
        }
    }

    internal ValueTask<PayloadBuffer> RentAsync(PayloadPool pool, CancellationToken cancellation)
    {
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            if (MayHave(pool)) return ValueTask.FromResult(Take(pool));
            node = (pool.First ? _first : _others).AddLast(new Waiter(pool));
            pool.Waiting++;
        }
        return new ValueTask<PayloadBuffer>(WaitAsync(node, cancellation));
    }

    internal PayloadBuffer? TryRent(PayloadPool pool)
    {
        lock (_lock) return MayHave(pool) ? Take(pool) : null;
    }

    internal void Return(PayloadPool pool, PayloadBuffer buffer)
    {
        lock (_lock)
        {
            _kept.Push(buffer);
            _out--;
            if (--pool.Held == 0 && !pool.Left) _empty++;
            Serve(pool);
        }
    }

    private bool MayHave(PayloadPool pool) =>
        pool.Held == 0 || (pool.Held < pool.Buffers && _out + _empty < (pool.First ? Buffers : _mostOfOthers));

    private PayloadBuffer Take(PayloadPool pool)
    {
        if (!_kept.TryPop(out PayloadBuffer? buffer)) buffer = new PayloadBuffer(Blocks.AlignedMemory.Allocate(BufferBytes));
        _out++;
        if (pool.Held++ == 0 && !pool.Left) _empty--;
        buffer.Lend(pool);
        return buffer;
    }

    /// <summary>Something has come back, from <paramref name="returned"/>: gives to those that may have it now.</summary>
    private void Serve(PayloadPool returned)
    {
        if (returned is { Held: 0, Waiting: > 0 }) Serve(returned.First ? _first : _others, returned);
        Serve(_first, null);
        Serve(_others, null);
    }

    private void Serve(LinkedList<Waiter> line, PayloadPool? only)
    {
        for (LinkedListNode<Waiter>? node = line.First, next; node is not null; node = next)
        {
            next = node.Next;
            PayloadPool pool = node.Value.Pool;
            if (only is not null && pool != only) continue;
            if (MayHave(pool))
            {
                line.Remove(node);
                pool.Waiting--;
                node.Value.Granted.SetResult(Take(pool));
            }
            if (only is not null || _out + _empty >= Buffers) return;
        }
    }

    private async Task<PayloadBuffer> WaitAsync(LinkedListNode<Waiter> node, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static give => ((Action)give!)(), (Action)GiveUp);
        return await node.Value.Granted.Task.ConfigureAwait(false);

        void GiveUp()
        {
            lock (_lock)
            {
                if (node.List is null) return;      // it has just been served
                node.List.Remove(node);
                node.Value.Pool.Waiting--;
            }
            node.Value.Granted.SetCanceled(cancellation);
        }
    }

    private sealed record Waiter(PayloadPool Pool)
    {
        public TaskCompletionSource<PayloadBuffer> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
