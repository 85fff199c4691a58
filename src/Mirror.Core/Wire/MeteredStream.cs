namespace Mirror.Core.Wire;

/// <summary>
/// The bytes below TLS, counted in both directions, and bounded until the peer has proved itself. Asynchronous only. Owns the stream under it;
/// disposing, also while reads and writes are under way, closes it.
/// </summary>
public sealed class MeteredStream(Stream inner, long readLimit = long.MaxValue) : Stream
{
    private long _read;
    private long _written;
    private long _readLimit = readLimit;

    /// <summary>Bytes received so far. May be read from any thread.</summary>
    public long BytesRead => Volatile.Read(ref _read);

    /// <summary>Bytes sent so far. May be read from any thread.</summary>
    public long BytesWritten => Volatile.Read(ref _written);

    /// <summary>How many bytes may be received in all; more ends in a <see cref="ProtocolException"/>.</summary>
    public long ReadLimit
    {
        get => Volatile.Read(ref _readLimit);
        set => Volatile.Write(ref _readLimit, value);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        long left = ReadLimit - _read;
        if (left <= 0) throw new ProtocolException(MessageType.None, $"the peer sent more than {ReadLimit} bytes before its proof");
        if (buffer.Length > left) buffer = buffer[..(int)left];
        ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? ValueTask.FromResult(CountRead(reading.Result)) : AwaitAsync(reading);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _written, _written + buffer.Length);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<int> reading) => CountRead(await reading.ConfigureAwait(false));

    private int CountRead(int read)
    {
        Volatile.Write(ref _read, _read + read);
        return read;
    }
}
