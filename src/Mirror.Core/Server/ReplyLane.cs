using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Sends the server's messages on one connection, one at a time, from whichever thread has one. A send that fails aborts the connection, which its reader
/// notices; nobody else needs to know, so sending never throws. After <see cref="EndAsync"/> nothing more leaves.
/// </summary>
internal sealed class ReplyLane(IVolumeConnection connection, TimeProvider clock)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly byte[] _small = new byte[WireLimits.MaxHeadBytes];     // guarded by _turn
    private bool _ended;            // guarded by _turn
    private long _sendingSince;     // a timestamp while a send is under way, else 0
    private long _bytesSent;

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>How long the send that is under way has taken; zero when none is.</summary>
    public TimeSpan StuckFor => Interlocked.Read(ref _sendingSince) is var since and not 0 ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Sends a message without payload.</summary>
    public async ValueTask SendAsync<T>(T message) where T : struct, IMessage<T>
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_ended) await WriteAsync(_small.AsMemory(0, message.Encode(_small))).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a frame that was put together by the caller.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> frame)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_ended) await WriteAsync(frame).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends from a thread that may block.</summary>
    public void Send<T>(T message) where T : struct, IMessage<T> => SendAsync(message).AsTask().GetAwaiter().GetResult();

    /// <summary>Sends from a thread that may block.</summary>
    public void Send(ReadOnlyMemory<byte> frame) => SendAsync(frame).AsTask().GetAwaiter().GetResult();

    /// <summary>Sends the last message, if there is one, and nothing after it. A client that does not take it within <paramref name="limit"/> is cut off.</summary>
    public async Task EndAsync(RefusedMessage? last, TimeSpan limit)
    {
        using var cut = new CancellationTokenSource(limit, clock);
        using CancellationTokenRegistration registration = cut.Token.Register(connection.Abort);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_ended && last is { } refused) await WriteAsync(_small.AsMemory(0, refused.Encode(_small))).ConfigureAwait(false);
            _ended = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> frame)
    {
        Interlocked.Exchange(ref _sendingSince, Math.Max(1, clock.GetTimestamp()));
        try
        {
            await connection.Stream.WriteAsync(frame).ConfigureAwait(false);
            await connection.Stream.FlushAsync().ConfigureAwait(false);
            Interlocked.Add(ref _bytesSent, frame.Length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            _ended = true;
            connection.Abort();
        }
        finally
        {
            Interlocked.Exchange(ref _sendingSince, 0);
        }
    }
}
