using System.IO.Pipelines;

namespace Mirror.Core.Tests.Wire;

/// <summary>One end of a connection in memory. Disposing ends both directions, as a socket's does: the other end reads the end, then fails to write.</summary>
internal sealed class DuplexStream : Stream
{
    private readonly Pipe _in, _out;
    private readonly CancellationTokenSource _closed = new();

    private DuplexStream(Pipe @in, Pipe @out)
    {
        _in = @in;
        _out = @out;
    }

    /// <summary>Bytes read from this end so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Makes a connection; each direction holds 1 MiB that was not read.</summary>
    public static (DuplexStream A, DuplexStream B) Pair()
    {
        var options = new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false);
        Pipe there = new(options), back = new(options);
        return (new DuplexStream(back, there), new DuplexStream(there, back));
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed());
        try
        {
            int read = await _in.Reader.AsStream(leaveOpen: true).ReadAsync(buffer, ends.Token);
            BytesRead += read;
            return read;
        }
        catch (Exception e) when (e is InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException("This end was closed.", e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed());
        try
        {
            FlushResult result = await _out.Writer.WriteAsync(buffer, ends.Token);
            if (result.IsCompleted) throw new IOException("The other end was closed.");
        }
        catch (Exception e) when (e is InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException("This end was closed.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed.IsCancellationRequested)
        {
            _closed.Cancel();
            _out.Writer.Complete();
            _in.Reader.CancelPendingRead();
            _ = CloseReaderAsync();
        }
        base.Dispose(disposing);
    }

    private async Task CloseReaderAsync()
    {
        // A read that is under way must see the cancellation before the reader may be completed.
        await Task.Yield();
        try
        {
            _in.Reader.Complete();
        }
        catch (InvalidOperationException)
        {
        }
    }

    private CancellationToken Closed() => _closed.IsCancellationRequested ? throw new IOException("This end was closed.") : _closed.Token;
}
