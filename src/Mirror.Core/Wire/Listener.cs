using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>
/// Accepts connections, holds strangers to the limits before proof, and hands proved connections to a callback, each on its own.
/// The callback owns nothing: the connection is disposed when it returns or throws. <see cref="DisposeAsync"/> stops accepting, cancels the callbacks' tokens
/// and waits for them.
/// </summary>
public sealed class Listener : IAsyncDisposable
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly ServerHandshake _handshake;
    private readonly Func<AuthenticatedConnection, CancellationToken, Task> _serve;
    private readonly UnprovenConnections _unproven;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private long _accepted, _proved, _failed, _evicted, _wrongSecrets;
    private long _reportedAt;
    private long _reportedFailed, _reportedWrong;
    private int _connections = 1;      // open ones, and the listener itself
    private int _disposed;

    /// <summary>Binds and begins to accept.</summary>
    /// <param name="endPoint">Where to listen; IPv6 Any takes IPv4 too. Port 0 chooses one (<see cref="EndPoint"/>).</param>
    /// <param name="handshake">How connections prove themselves.</param>
    /// <param name="serve">What to do with a proved connection.</param>
    /// <param name="logger">For administrators; strangers are summed up once a minute.</param>
    /// <param name="limits">The limits before proof; those of docs/protocol.md when null.</param>
    /// <param name="clock">The clock of the limits; the system's when null.</param>
    /// <exception cref="IOException">The address cannot be had; names it.</exception>
    public Listener(IPEndPoint endPoint, ServerHandshake handshake, Func<AuthenticatedConnection, CancellationToken, Task> serve,
        ILogger? logger = null, UnprovenLimits? limits = null, TimeProvider? clock = null)
    {
        _handshake = handshake;
        _serve = serve;
        _logger = logger ?? NullLogger.Instance;
        _clock = clock ?? TimeProvider.System;
        _unproven = new UnprovenConnections(limits ?? new UnprovenLimits(), _clock, Random.Shared);
        _reportedAt = _clock.GetTimestamp();
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) _socket.DualMode = true;
            // A server that starts again must not wait for the old connections' TIME_WAIT; on Unix .NET sets SO_REUSEADDR by itself.
            _socket.Bind(endPoint);
            _socket.Listen(128);
            EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch (SocketException e)
        {
            _socket.Dispose();
            throw new IOException($"Cannot listen on {endPoint}: {e.Message}. Choose another address with --listen, or see who holds it: ss -ltnp", e);
        }
        ListenerLog.Listening(_logger, EndPoint);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Connections that have proved nothing yet.</summary>
    public int Unproven => _unproven.Count;

    /// <summary>Connections accepted so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Connections that proved themselves so far.</summary>
    public long Proved => Interlocked.Read(ref _proved);

    /// <summary>Connections that did not, evicted ones included.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Connections that lost their place to a newcomer.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            _socket.Dispose();
            await _accepting.ConfigureAwait(false);
            Leave();
        }
        await _allClosed.Task.ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || _stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e)
            {
                // The peer was gone before it was accepted, or descriptors are short; neither may end the listener.
                ListenerLog.AcceptFailed(_logger, EndPoint, e);
                await Task.Delay(AcceptPause).ConfigureAwait(false);
                continue;
            }
            Interlocked.Increment(ref _accepted);
            Interlocked.Increment(ref _connections);
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();     // the next one is accepted meanwhile
        try
        {
            using AuthenticatedConnection? connection = await ProveAsync(socket).ConfigureAwait(false);
            if (connection is null) return;
            ListenerLog.Proved(_logger, connection.Remote, connection.Volume, connection.Right);
            try
            {
                await _serve(connection, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested || connection.Aborted.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                ListenerLog.ServeFailed(_logger, connection.Volume, connection.Remote, e);
            }
        }
        finally
        {
            Leave();
        }
    }

    private async Task<AuthenticatedConnection?> ProveAsync(Socket socket)
    {
        UnprovenConnections.Place? place = null;
        try
        {
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            place = _unproven.Admit(remote.Address, out bool evicted);
            if (evicted) Interlocked.Increment(ref _evicted);
            TcpOptions.Apply(socket);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, place.Evicted);
            AuthenticatedConnection connection = await _handshake.RunAsync(new NetworkStream(socket, ownsSocket: true), remote, ends.Token).ConfigureAwait(false);
            _unproven.Proved(place);
            Interlocked.Increment(ref _proved);
            return connection;
        }
        catch (Exception e)
        {
            // A stranger's doing, whatever it is: it ends that connection and nothing else.
            socket.Dispose();
            if (place is not null) _unproven.Leave(place);
            if (_stop.IsCancellationRequested) return null;
            Interlocked.Increment(ref _failed);
            if (e is HandshakeException { Failure: HandshakeFailure.ProofRefused }) Interlocked.Increment(ref _wrongSecrets);
            string reason = e is OperationCanceledException ? "evicted by a newer connection" : e.Message;
            ListenerLog.NotProved(_logger, reason);
            Report(reason);
            return null;
        }
    }

    /// <summary>Tells the administrator of strangers at the first one and then at most once a minute.</summary>
    private void Report(string reason)
    {
        long at = Interlocked.Read(ref _reportedAt);
        bool first = Interlocked.Read(ref _reportedFailed) == 0;
        if (!first && _clock.GetElapsedTime(at) < ReportInterval) return;
        if (Interlocked.CompareExchange(ref _reportedAt, _clock.GetTimestamp(), at) != at) return;
        long failed = Failed, wrong = Interlocked.Read(ref _wrongSecrets);
        ListenerLog.Strangers(_logger, EndPoint, failed - Interlocked.Exchange(ref _reportedFailed, failed), wrong - Interlocked.Exchange(ref _reportedWrong, wrong), reason);
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _connections) == 0) _allClosed.TrySetResult();
    }
}
