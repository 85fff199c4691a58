using System.Runtime.CompilerServices;

namespace Mirror.Core.Wire;

/// <summary>
/// Reads the frames of one direction of a proved connection. Reads ahead into a buffer of its own, for the heads and for small payloads;
/// the payload of a large WRITE, HASHES or DATA is read from the stream straight into a buffer of the pool. Nothing is allocated on the way.
///
/// <para>Everything that <see cref="ReadAsync"/> returns has passed the <see cref="FrameValidator"/>: lengths before they are believed,
/// ranges before a buffer is taken. One reader at a time; the head and <see cref="Payload"/> are valid until the next
/// <see cref="ReadAsync"/>, unless <see cref="TakePayload"/> has taken the latter over. Disposing returns what is held and
/// leaves the stream open; it must not happen while a read is under way.</para>
/// </summary>
public sealed class FrameReader : IDisposable
{
    /// <summary>Bytes of read-ahead. TLS hands out at most 16 KiB at once, so more than a few records are no gain.</summary>
    public const int DefaultBufferBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly PayloadPool _pool;
    private readonly byte[] _buffer;
    private int _start;             // of what has been read ahead and not been returned
    private int _end;
    private readonly byte[] _head = new byte[WireLimits.MaxHeadBytes];     // of the current frame
    private int _headBytes;
    private PayloadBuffer? _payload;
    private long _bytesRead;

    /// <summary>Reads from <paramref name="stream"/>, which stays the caller's.</summary>
    /// <param name="stream">The proved connection.</param>
    /// <param name="validator">Knows the sender and, as soon as it is known, the volume's size.</param>
    /// <param name="pool">Payloads come from here; its buffers hold <see cref="WireLimits.MaxPayloadBytes"/> at least.</param>
    /// <param name="bufferBytes">Bytes of read-ahead.</param>
    public FrameReader(Stream stream, FrameValidator validator, PayloadPool pool, int bufferBytes = DefaultBufferBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferBytes, WireLimits.MaxHeadBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(pool.BufferBytes, WireLimits.MaxPayloadBytes);
        _stream = stream;
        Validator = validator;
        _pool = pool;
        _buffer = new byte[bufferBytes];
    }

    /// <summary>The gate that the frames pass.</summary>
    public FrameValidator Validator { get; }

    /// <summary>The current frame's type; <see cref="MessageType.None"/> before the first and after the last.</summary>
    public MessageType Type { get; private set; }

    /// <summary>Bytes taken from the stream so far, read-ahead included. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>The current frame's payload: WRITE's or DATA's data, or HASHES' tags; null when it has none or it was taken.</summary>
    public PayloadBuffer? Payload => _payload;

    /// <summary>The current frame as the message <typeparamref name="T"/>, whose type it must have.</summary>
    public T Message<T>() where T : struct, IMessage<T>
    {
        if (Type != T.Type) throw new InvalidOperationException($"The frame is a {Type.WireName()}, not a {T.Type.WireName()}.");
        return T.Decode(_head.AsSpan(0, _headBytes), Validator);
    }

    /// <summary>Hands the payload over: the caller disposes it.</summary>
    public PayloadBuffer TakePayload()
    {
        PayloadBuffer payload = _payload ?? throw new InvalidOperationException($"The {Type.WireName()} has no payload, or it was taken.");
        _payload = null;
        return payload;
    }

    /// <summary>Reads the next frame, and all of its payload.</summary>
    /// <returns>Its type, or <see cref="MessageType.None"/> when the stream ended between two frames.</returns>
    /// <exception cref="ProtocolException">The frame breaks the document; the connection must be closed.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    public ValueTask<MessageType> ReadAsync(CancellationToken cancellation)
    {
        Drop();
        if (TryHead() && PayloadBytes() == 0) return ValueTask.FromResult(Type);
        return ReadSlowlyAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _payload?.Dispose();
        _payload = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<MessageType> ReadSlowlyAsync(CancellationToken cancellation)
    {
        while (Type == MessageType.None && !TryHead())
        {
            if (_start > 0)
            {
                // Only the beginning of a head can be left, so this moves little.
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }
            int read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                if (_start == _end) return MessageType.None;
                throw new EndOfStreamException($"The connection ended inside {((MessageType)_buffer[_start]).WireName()}.");
            }
            Count(read);
            _end += read;
        }

        int bytes = PayloadBytes();
        if (bytes == 0) return Type;
        PayloadBuffer payload = await _pool.RentAsync(cancellation).ConfigureAwait(false);
        _payload = payload;     // from here on Dispose and the next ReadAsync return it, whatever happens
        payload.Length = bytes;
        int done = Math.Min(bytes, _end - _start);
        _buffer.AsSpan(_start, done).CopyTo(payload.Span);
        _start += done;
        while (done < bytes)
        {
            int read = await _stream.ReadAsync(payload.Memory[done..], cancellation).ConfigureAwait(false);
            if (read == 0) throw new EndOfStreamException($"The connection ended inside {Type.WireName()}, {bytes - done} bytes before its end.");
            Count(read);
            done += read;
        }
        return Type;
    }

    /// <summary>Leaves the current frame behind.</summary>
    private void Drop()
    {
        Dispose();
        _headBytes = 0;
        Type = MessageType.None;
        if (_start == _end) _start = _end = 0;
    }

    /// <summary>Finds and checks the head of the next frame in what was read ahead; false when it is not all there.</summary>
    private bool TryHead()
    {
        ReadOnlySpan<byte> ahead = _buffer.AsSpan(_start, _end - _start);
        if (ahead.IsEmpty) return false;
        int needed = 1;
        MessageType type = Validator.StreamType(ahead[0]);
        int known;
        do
        {
            known = needed;
            needed = FrameHead.Measure(type, ahead[..known]);
            if (needed > ahead.Length) return false;
        }
        while (needed > known);
        FrameHead.Check(type, ahead[..needed], Validator);
        ahead[..needed].CopyTo(_head);
        Type = type;
        _headBytes = needed;
        _start += needed;
        return true;
    }

    private int PayloadBytes() => Type switch
    {
        MessageType.Write => Message<WriteMessage>().Bytes,
        MessageType.Hashes => Message<HashesMessage>().TagBytes,
        MessageType.Data => Message<DataMessage>().Bytes,
        _ => 0,
    };

    private void Count(int read) => Volatile.Write(ref _bytesRead, _bytesRead + read);
}
