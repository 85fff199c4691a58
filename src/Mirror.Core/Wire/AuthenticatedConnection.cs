using System.Net;
using System.Net.Security;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>
/// A connection on which both sides have proved the secret of one volume and one right. The owner disposes it; until then one
/// reader and one writer may use <see cref="Stream"/> at the same time. <see cref="Abort"/> may be called from any thread, any number of times.
/// </summary>
public sealed class AuthenticatedConnection : IDisposable
{
    private const int MaxDrainBytes = 64 << 20;

    private readonly SslStream _tls;
    private readonly MeteredStream _transport;
    private readonly CancellationTokenSource _aborted = new();
    private int _disposed;

    internal AuthenticatedConnection(SslStream tls, MeteredStream transport, string volume, MirrorRight right, ushort version, ulong features, EndPoint? remote)
    {
        _tls = tls;
        _transport = transport;
        Volume = volume;
        Right = right;
        Version = version;
        Features = features;
        Remote = remote;
        Aborted = _aborted.Token;
    }

    /// <summary>What is inside TLS. Everything after PROVED goes here.</summary>
    public Stream Stream => _tls;

    /// <summary>The volume that was proved.</summary>
    public string Volume { get; }

    /// <summary>The right that was proved.</summary>
    public MirrorRight Right { get; }

    /// <summary>The protocol version in force.</summary>
    public ushort Version { get; }

    /// <summary>The feature bits in force.</summary>
    public ulong Features { get; }

    /// <summary>At a server whose secret is being changed: the peer still has one of the former master.</summary>
    public bool IsFormerSecret { get; init; }

    /// <summary>The peer's address; null where there is no network.</summary>
    public EndPoint? Remote { get; }

    /// <summary>Cancelled by <see cref="Abort"/> and <see cref="Dispose"/>.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Bytes received below TLS. May be read from any thread.</summary>
    public long BytesReceived => _transport.BytesRead;

    /// <summary>Bytes sent below TLS. May be read from any thread.</summary>
    public long BytesSent => _transport.BytesWritten;

    /// <summary>Closes at once: reads and writes that are under way fail. The owner still disposes.</summary>
    public void Abort()
    {
        try
        {
            _aborted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return;     // disposed already, so closed
        }
        _transport.Dispose();
    }

    /// <summary>
    /// Ends so that the peer receives everything sent so far, a REFUSED above all: says the end, then throws away what still comes until the
    /// peer closes too. (Closing with unread data makes TCP reset the connection, which can overtake what was sent.)
    /// No read or write may be under way. Never throws; the owner still disposes.
    /// </summary>
    /// <param name="limit">The longest that it may take.</param>
    public async Task FinishAsync(TimeSpan limit)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        time.CancelAfter(limit);
        try
        {
            await _tls.ShutdownAsync().WaitAsync(time.Token).ConfigureAwait(false);
            byte[] waste = new byte[16 * 1024];
            long end = _transport.BytesRead + MaxDrainBytes;
            while (_transport.BytesRead < end && await _transport.ReadAsync(waste, time.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer is gone or slow: nothing more can be done for it.
        }
        Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Abort();
        _tls.Dispose();
        _aborted.Dispose();
    }
}
