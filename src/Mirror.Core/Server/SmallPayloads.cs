namespace Mirror.Core.Server;

/// <summary>
/// A ring of bytes for the payloads of small WRITEs, so that each does not keep a buffer of 1 MiB: taken by the reader, given back by the
/// apply thread in the same order. Who takes waits while it is full.
/// </summary>
internal sealed class SmallPayloads(int bytes)
{
    private readonly byte[] _ring = GC.AllocateUninitializedArray<byte>(bytes);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Lock _lock = new();
    private int _head;      // where the next piece begins; the fields are guarded by _lock
    private int _used;      // bytes from the oldest piece to head, gaps at the end included
    private bool _waiting;

    /// <summary>Takes <paramref name="length"/> contiguous bytes; at most a quarter of the ring.</summary>
    /// <returns>The bytes, and how many must be given back for them.</returns>
    public async ValueTask<(Memory<byte> Memory, int Cost)> TakeAsync(int length, CancellationToken cancellation)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_used == 0) _head = 0;  // the low bytes again, so that an idle volume touches little memory
                bool wraps = _head + length > _ring.Length;
                int gap = wraps ? _ring.Length - _head : 0; // 0 also when the last piece ended exactly at the ring's end
                if (_used + gap + length <= _ring.Length)
                {
                    int at = wraps ? 0 : _head;
                    _head = at + length;
                    _used += gap + length;
                    return (_ring.AsMemory(at, length), gap + length);
                }
                _waiting = true;
            }
            await _changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the oldest piece back.</summary>
    public void Return(int cost)
    {
        lock (_lock)
        {
            _used -= cost;
            if (!_waiting) return;
            _waiting = false;
        }
        _changed.Release();
    }
}
