namespace Mirror.Dump.Encryption;

/// <summary>
/// A stream, of which a bounded part is in memory and can be looked at anywhere. Works on a pipe; what can be sought, can also be jumped in.
/// Not safe for several threads.
/// </summary>
internal sealed class SlidingWindow(Stream stream)
{
    /// <summary>The most bytes between what is kept and the end of what is looked at: three of the largest blocks, or both header slots.</summary>
    public const int Capacity = 8 << 20;

    private const int ReadAhead = 256 << 10;
    private const int FirstBytes = 512 << 10;

    private readonly long _origin = stream.CanSeek ? stream.Position : 0;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstBytes);
    private long _base;     // place in the stream of _buffer[0]
    private long _keep;     // what lies before is not needed any more; at most _base + _filled
    private int _filled;
    private bool _ended;

    /// <summary>Bytes of the stream; null on a pipe.</summary>
    public long? Length => stream.CanSeek ? stream.Length - _origin : null;

    /// <summary>The bytes from a place on; fewer than asked for only where the stream ends. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        Fill(offset, count);
        long at = offset - _base;
        return at >= _filled ? default : _buffer.AsSpan((int)at, Math.Min(count, _filled - (int)at));
    }

    /// <summary>What lies before <paramref name="offset"/> is not needed any more.</summary>
    public void Forget(long offset) => _keep = Math.Clamp(offset, _keep, _base + _filled);

    /// <summary>Goes to a place, backwards too. Only where the stream can seek.</summary>
    public void Jump(long offset)
    {
        if (offset < _base || offset > _base + _filled)
        {
            stream.Position = _origin + offset;
            _base = offset;
            _filled = 0;
            _ended = false;
        }
        _keep = offset;
    }

    private void Fill(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, _keep);
        long end = offset + count;
        if (end <= _base + _filled || _ended) return;
        if (end > _base + _buffer.Length) MakeRoom(end);
        while (_base + _filled < end)
        {
            int wanted = (int)Math.Min(_buffer.Length - _filled, Math.Max(end - _base - _filled, ReadAhead));
            int read = stream.Read(_buffer, _filled, wanted);
            if (read == 0)
            {
                _ended = true;
                return;
            }
            _filled += read;
        }
    }

    /// <summary>Drops what is not needed; takes a larger buffer where that is not enough.</summary>
    private void MakeRoom(long end)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, _keep + Capacity);
        int gone = (int)(_keep - _base), length = _buffer.Length;
        while (end > _keep + length) length *= 2;
        byte[] to = length == _buffer.Length ? _buffer : GC.AllocateUninitializedArray<byte>(length);
        _buffer.AsSpan(gone, _filled - gone).CopyTo(to);
        _buffer = to;
        _base = _keep;
        _filled -= gone;
    }
}
