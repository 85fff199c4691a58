namespace Mirror.Dump.Archive.Reading;

/// <summary>A stream with a bounded look ahead. Used by one thread.</summary>
internal sealed class ByteWindow(Stream stream, int lookAhead) : IDisposable
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(2 * lookAhead);
    private int _start, _end;
    private bool _ended;

    /// <summary>Most bytes that are read at once unless more are asked for: often little of a stream is looked at.</summary>
    private const int ReadBytes = 512 << 10;

    /// <summary>Bytes of the stream before what is seen.</summary>
    public long Position { get; private set; }

    /// <summary>What comes next: as many bytes as asked for, fewer only at the end.</summary>
    public ReadOnlySpan<byte> Peek(int bytes)
    {
        if (_end - _start < bytes && !_ended)
        {
            if (_buffer.Length - _start < lookAhead)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            while (_end - _start < bytes)
            {
                int got = stream.Read(_buffer, _end, Math.Min(_buffer.Length - _end, Math.Max(ReadBytes, bytes - (_end - _start))));
                if (got == 0)
                {
                    _ended = true;
                    break;
                }
                _end += got;
            }
        }
        return _buffer.AsSpan(_start, Math.Min(bytes, _end - _start));
    }

    /// <summary>Passes over bytes that were seen.</summary>
    public void Skip(int bytes)
    {
        _start += bytes;
        Position += bytes;
    }

    public void Dispose() => stream.Dispose();
}
