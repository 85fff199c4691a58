using System.Runtime.CompilerServices;

namespace Mirror.Core.Wire;

/// <summary>
/// Between TLS and the socket: <see cref="System.Net.Security.SslStream"/> hands over and asks for one record of 16 KiB at a time, and a system call (and on a busy
/// host a switch of threads) for each costs more than sealing it. So full records are gathered until the buffer is full, a shorter record comes, or
/// <see cref="FlushAsync"/> is called; and what the socket has is taken in larger pieces. Whoever writes must therefore flush after its last byte.
///
/// <para>Passes everything straight through until <see cref="Begin"/>, so an unproven peer costs no buffers and is read no further than TLS asks.
/// Asynchronous only; one reader and one writer at the same time. Owns the stream under it.</para>
/// </summary>
internal sealed class GatheringStream(Stream inner) : Stream
{
    private const int FullRecordBytes = 16 << 10;       // of plain text; sealed it is a little longer
    private const int SealedRecordRoom = FullRecordBytes + 64;

    /// <summary>Bytes gathered for one send: 32 full records, half of a chunk. Each send wakes the peer and costs a switch of threads; much more would leave the processor's cache.</summary>
    public const int SendBytes = 32 * SealedRecordRoom;

    /// <summary>Bytes taken from the socket at once; stays in the processor's cache until TLS has opened it.</summary>
    public const int ReceiveBytes = 128 << 10;

    private byte[] _sending = [];   // made with the first full record: a server's replies are short
    private byte[] _received = [];
    private bool _begun;
    private int _gathered;
    private int _start;             // of what was received and not handed out
    private int _end;

    /// <summary>The peer has proved itself: from here on gathers. No read or write may be under way.</summary>
    public void Begin()
    {
        _begun = true;
        _received = GC.AllocateUninitializedArray<byte>(ReceiveBytes);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end) return ValueTask.FromResult(HandOut(buffer));
        // What is as large as the buffer needs no copy.
        return buffer.Length >= _received.Length ? inner.ReadAsync(buffer, cancellationToken) : ReceiveAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        bool full = buffer.Length >= FullRecordBytes;
        if (!_begun || (_gathered == 0 && (!full || buffer.Length > SendBytes))) return inner.WriteAsync(buffer, cancellationToken);
        if (!full || buffer.Length > SendBytes - _gathered) return SendAsync(buffer, full, cancellationToken);
        Gather(buffer);
        return ValueTask.CompletedTask;
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_gathered > 0) await SendGatheredAsync(cancellationToken).ConfigureAwait(false);
        await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException("Asynchronous only.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int read = await inner.ReadAsync(_received, cancellation).ConfigureAwait(false);
        (_start, _end) = (0, read);
        return HandOut(buffer);
    }

    private int HandOut(Memory<byte> buffer)
    {
        int bytes = Math.Min(buffer.Length, _end - _start);
        _received.AsSpan(_start, bytes).CopyTo(buffer.Span);
        _start += bytes;
        return bytes;
    }

    /// <summary>Sends what was gathered and, unless it is a full record that fits now, this record too.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ReadOnlyMemory<byte> record, bool full, CancellationToken cancellation)
    {
        bool together = !full && record.Length <= SendBytes - _gathered;
        if (together) Gather(record);
        await SendGatheredAsync(cancellation).ConfigureAwait(false);
        if (together) return;
        if (full && record.Length <= SendBytes) Gather(record);
        else await inner.WriteAsync(record, cancellation).ConfigureAwait(false);
    }

    private ValueTask SendGatheredAsync(CancellationToken cancellation)
    {
        int bytes = _gathered;
        _gathered = 0;      // after a failed send the connection is over, and nothing of it may be sent again
        return inner.WriteAsync(_sending.AsMemory(0, bytes), cancellation);
    }

    private void Gather(ReadOnlyMemory<byte> record)
    {
        if (_sending.Length == 0) _sending = GC.AllocateUninitializedArray<byte>(SendBytes);
        record.Span.CopyTo(_sending.AsSpan(_gathered));
        _gathered += record.Length;
    }
}
