using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Mirror.Core.Control;

/// <summary>
/// Serves the control socket of one running client or server: one socket for all of its volumes. The protocol is one line of JSON
/// each way: <c>{"request":"status"}</c> is answered by <c>{"ok":true,"volumes":[...]}</c>, anything that cannot be understood by
/// <c>{"ok":false,"error":"..."}</c>. Nothing that comes in through the socket can harm the mirror or make it wait.
/// </summary>
public sealed class ControlHost : IAsyncDisposable
{
    private readonly Socket listener;
    private readonly ControlSession.Handler handler;
    private readonly ILogger logger;
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<ControlSession, Task> sessions = new();
    private readonly Task accepting;
    private int disposed;

    private ControlHost(string path, Socket listener, ControlSession.Handler handler, ILogger logger)
    {
        SocketPath = path;
        this.listener = listener;
        this.handler = handler;
        this.logger = logger;
        accepting = AcceptAsync();
    }

    /// <summary>The socket's path.</summary>
    public string SocketPath { get; }

    /// <summary>Opens the socket and serves it until disposed.</summary>
    /// <param name="directory">Where the socket is made; created if missing.</param>
    /// <param name="kind">What the process is; part of the socket's name.</param>
    /// <param name="roles">The volumes as they are at the moment of a request; called from many threads.</param>
    /// <param name="logger">Where requests are logged.</param>
    /// <param name="host">Who runs it all; null when nobody can be asked to end it.</param>
    /// <exception cref="MirrorControlException">The socket cannot be made.</exception>
    public static ControlHost Start(ControlDirectory directory, MirrorRole kind, Func<IReadOnlyCollection<IMirrorRole>> roles, ILogger logger, IMirrorHost? host = null)
    {
        directory.Create();
        string path = directory.NewSocketPath(kind);
        string hidden = Path.Combine(directory.Path, "." + Path.GetFileName(path));
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Seen under its name only once it listens: a socket that refuses a connection is one whose process has died.
            listener.Bind(new UnixDomainSocketEndPoint(hidden));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(hidden, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(128);
            File.Move(hidden, path);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new MirrorControlException($"The control socket {path} cannot be made: {e.Message}", e) { Failure = ControlFailure.Unreachable };
        }
        ControlLog.Listens(logger, path);
        return new ControlHost(path, listener, new ControlSession.Handler(roles, logger, path, host), logger);
    }

    /// <summary>Takes the socket away, lets answers under way be sent, and ends waits with an error.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        File.Delete(SocketPath);
        await ending.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        await accepting.ConfigureAwait(false);
        try
        {
            await Task.WhenAll(sessions.Values).WaitAsync(ControlLimits.Farewell).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (ControlSession session in sessions.Keys) session.Dispose();
        }
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(ending.Token).ConfigureAwait(false);
                ControlSession session = new(socket, handler, full: sessions.Count >= ControlLimits.Connections);
                TaskCompletionSource registered = new();
                sessions[session] = RunAsync(session, registered.Task);
                registered.SetResult();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (ending.IsCancellationRequested) return;
                ControlLog.AcceptFailed(logger, SocketPath, e.Message);
                // Out of file descriptors, most likely: not a reason to spin.
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private async Task RunAsync(ControlSession session, Task registered)
    {
        await registered.ConfigureAwait(false);
        try
        {
            await session.RunAsync(ending.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ControlLog.Failed(logger, e);
        }
        finally
        {
            session.Dispose();
            sessions.TryRemove(session, out _);
        }
    }
}
