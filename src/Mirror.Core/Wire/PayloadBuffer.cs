namespace Mirror.Core.Wire;

/// <summary>
/// One buffer of a <see cref="PayloadPool"/>, aligned for direct I/O. Ownership: whoever rented it, or took it from a
/// <see cref="FrameReader"/>, disposes it exactly once and does not touch its memory afterwards; a second return throws.
/// </summary>
public sealed class PayloadBuffer : IDisposable
{
    private readonly Memory<byte> _all;
    private PayloadPool? _pool;     // who has lent it out last
    private int _length;
    private int _lent;

    internal PayloadBuffer(Memory<byte> memory) => _all = memory;

    /// <summary>The whole buffer.</summary>
    public Memory<byte> All => _all;

    /// <summary>Bytes in use.</summary>
    public int Length
    {
        get => _length;
        set
        {
            if ((uint)value > (uint)_all.Length) throw new ArgumentOutOfRangeException(nameof(value));
            _length = value;
        }
    }

    /// <summary>What is in use.</summary>
    public Memory<byte> Memory => _all[.._length];

    /// <summary>What is in use.</summary>
    public Span<byte> Span => _all.Span[.._length];

    /// <summary>Gives the buffer back to its pool.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _lent, 0) == 0) throw new InvalidOperationException("A payload buffer was returned twice.");
        _length = 0;
        _pool!.Return(this);
    }

    internal void Lend(PayloadPool pool)
    {
        _pool = pool;
        _lent = 1;
    }
}
