using System.Collections.Concurrent;
using System.Threading.Channels;
using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>
/// The outgoing stream of one connection: frames are appended by the session's thread into buffers of about a MiB, and a task of its
/// own writes full buffers to the connection. Bounded: the session asks <see cref="HasRoom"/> before it takes more from ring or disk, so a
/// slow link makes the ring fill, not the memory. Contiguous records become one WRITE.
/// </summary>
internal sealed class Outbox : IAsyncDisposable
{
    private const int BufferBytes = Units.ChunkBytes + 4096;
    private const long MaxQueuedBytes = 6L << 20;
    private const int EnoughSegments = 2;  // keep the sender busy; more, half empty, would only cost memory

    private readonly Stream _stream;
    private readonly TokenBucket _limit;
    private readonly Action _wake;
    private readonly Channel<OutSegment> _segments = Channel.CreateUnbounded<OutSegment>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly ConcurrentBag<byte[]> _buffers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sender;

    private byte[] _buffer;
    private int _used;
    private int _writeHeader = -1; // where the WRITE begins that may still grow
    private long _writeFirst;      // its first sector
    private int _writeBytes;       // its length so far
    private int _zeroHeader = -1;  // where a ZERO begins that may still grow
    private long _zeroFirst;
    private long _zeroSectors;
    private long _queued;
    private int _waiting;          // segments that the sender has not finished
    private long _sent;
    private volatile Exception? _failure;

    /// <summary>Starts the sending task. <paramref name="wake"/> is called from it when there is room again or it has failed.</summary>
    public Outbox(Stream stream, TokenBucket limit, Action wake)
    {
        _stream = stream;
        _limit = limit;
        _wake = wake;
        _buffer = new byte[BufferBytes];
        _sender = Task.Run(SendAsync);
    }

    /// <summary>Why nothing can be sent any more; null while all is well.</summary>
    public Exception? Failure => _failure;

    /// <summary>Bytes appended and not yet written to the connection.</summary>
    public long QueuedBytes => Volatile.Read(ref _queued) + _used;

    /// <summary>Bytes written to the connection.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    /// <summary>Whether more data may be appended. Small messages may be appended at any time.</summary>
    public bool HasRoom => Volatile.Read(ref _queued) < MaxQueuedBytes;

    /// <summary>Appends a message without payload.</summary>
    public void Append<T>(in T message) where T : struct, IMessage<T>
    {
        EndWrite();
        Reserve(message.EncodedBytes);
        _used += message.Encode(_buffer.AsSpan(_used));
    }

    /// <summary>Appends written sectors, growing the last WRITE where they follow on. The data comes in two pieces, as from the ring.</summary>
    public void AppendWrite(long sector, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        int bytes = head.Length + tail.Length;
        bool follows = _writeHeader >= 0 && sector == _writeFirst + (_writeBytes >> Units.SectorShift);
        _zeroHeader = -1;
        if (!follows || _writeBytes + bytes > WireLimits.MaxWriteBytes || _used + bytes > BufferBytes)
        {
            EndWrite();
            Reserve(WriteMessage.Size + bytes);
            _writeHeader = _used;
            _writeFirst = sector;
            _used += WriteMessage.Size;
        }
        head.CopyTo(_buffer.AsSpan(_used));
        tail.CopyTo(_buffer.AsSpan(_used + head.Length));
        _used += bytes;
        _writeBytes += bytes;
    }

    /// <summary>Appends a range of zeroes, growing the last ZERO where it follows on.</summary>
    public void AppendZero(long sector, long sectors)
    {
        if (_zeroHeader >= 0 && sector == _zeroFirst + _zeroSectors)
        {
            _zeroSectors += sectors;
            new ZeroMessage(_zeroFirst, _zeroSectors).Encode(_buffer.AsSpan(_zeroHeader));
            return;
        }
        Append(new ZeroMessage(sector, sectors));
        _zeroHeader = _used - ZeroMessage.Size;
        _zeroFirst = sector;
        _zeroSectors = sectors;
    }

    /// <summary>Appends a whole read as one WRITE without copying it. <paramref name="release"/> is called, on any thread, when its buffer is free.</summary>
    public void AppendRead(DiskRead read, Action release)
    {
        Flush();
        Memory<byte> whole = read.Whole;
        var message = new WriteMessage(read.Offset >> Units.SectorShift, read.Length);
        int start = DiskRead.HeaderRoom - WriteMessage.Size;
        message.Encode(whole.Span[start..DiskRead.HeaderRoom]);
        Enqueue(new OutSegment(whole[start..], release));
    }

    /// <summary>As <see cref="Flush"/>, but only when the sender would run dry; it wakes the session after each segment.</summary>
    public void FlushSoon()
    {
        if (Volatile.Read(ref _waiting) < EnoughSegments) Flush();
    }

    /// <summary>Hands everything appended so far to the sender.</summary>
    public void Flush()
    {
        EndWrite();
        if (_used == 0) return;
        byte[] full = _buffer;
        Enqueue(new OutSegment(full.AsMemory(0, _used), () => _buffers.Add(full)));
        if (!_buffers.TryTake(out byte[]? next)) next = new byte[BufferBytes];
        _buffer = next;
        _used = 0;
    }

    /// <summary>Lets what is queued leave, for at most <paramref name="most"/>, and ends the sending task.</summary>
    public async Task CloseAsync(TimeSpan most)
    {
        Flush();
        _segments.Writer.TryComplete();
        if (await Task.WhenAny(_sender, Task.Delay(most)).ConfigureAwait(false) != _sender) await _stop.CancelAsync().ConfigureAwait(false);
        await _sender.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _segments.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sender.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void EndWrite()
    {
        _zeroHeader = -1;
        if (_writeHeader < 0) return;
        new WriteMessage(_writeFirst, _writeBytes).Encode(_buffer.AsSpan(_writeHeader, WriteMessage.Size));
        _writeHeader = -1;
        _writeBytes = 0;
    }

    private void Reserve(int bytes)
    {
        if (_used + bytes > BufferBytes) Flush();
    }

    private void Enqueue(OutSegment segment)
    {
        Interlocked.Add(ref _queued, segment.Bytes.Length);
        Interlocked.Increment(ref _waiting);
        if (!_segments.Writer.TryWrite(segment)) Drop(segment);
    }

    private void Drop(OutSegment segment)
    {
        Interlocked.Add(ref _queued, -segment.Bytes.Length);
        Interlocked.Decrement(ref _waiting);
        segment.Release?.Invoke();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (OutSegment segment in _segments.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await SendAsync(segment.Bytes).ConfigureAwait(false);
                }
                finally
                {
                    Drop(segment);
                }
                _wake();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            _failure = e;
        }
        _segments.Writer.TryComplete();
        while (_segments.Reader.TryRead(out OutSegment rest)) Drop(rest);
        _wake();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int piece = _limit.Limited ? 64 << 10 : bytes.Length;
        for (int at = 0; at < bytes.Length; at += piece)
        {
            ReadOnlyMemory<byte> part = bytes.Slice(at, Math.Min(piece, bytes.Length - at));
            TimeSpan delay = _limit.Delay();
            if (delay > TimeSpan.Zero) await Task.Delay(delay, _stop.Token).ConfigureAwait(false);
            await _stream.WriteAsync(part, _stop.Token).ConfigureAwait(false);
            await _stream.FlushAsync(_stop.Token).ConfigureAwait(false);
            _limit.Take(part.Length);
            Interlocked.Add(ref _sent, part.Length);
        }
    }
}
