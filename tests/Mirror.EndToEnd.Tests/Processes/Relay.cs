using System.Net;
using System.Net.Sockets;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>A wire between client and server that can be cut. Forwards bytes and understands nothing.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly HashSet<Socket> _open = []; // guarded by itself
    private readonly CancellationTokenSource _stop = new();

    public Relay(string target)
    {
        _target = IPEndPoint.Parse(target);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Bytes that went from client to server.</summary>
    public long Forwarded => Interlocked.Read(ref _forwarded);

    /// <summary>Bytes that went from server to client.</summary>
    public long Returned => Interlocked.Read(ref _returned);

    /// <summary>How many bytes may go from server to client in all; from there on the wire stands still, so that a test can act at that place however fast the machine is.</summary>
    public long ReturnAtMost
    {
        get => Interlocked.Read(ref _returnAtMost);
        set => Interlocked.Exchange(ref _returnAtMost, value);
    }

    private long _forwarded;
    private long _returned;
    private long _returnAtMost = long.MaxValue;

    /// <summary>Breaks all connections.</summary>
    /// <param name="hard">By reset, as a firewall does; else by an end of the stream.</param>
    public void Cut(bool hard)
    {
        lock (_open)
        {
            foreach (Socket socket in _open)
            {
                if (hard) socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            _open.Clear();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        Cut(hard: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay is gone.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using Socket server = new(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using Socket _ = client;
        client.NoDelay = true;
        lock (_open)
        {
            _open.Add(client);
            _open.Add(server);
        }
        try
        {
            await server.ConnectAsync(_target, _stop.Token);
            await await Task.WhenAny(CopyAsync(client, server, back: false), CopyAsync(server, client, back: true));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or the server is down: the client is to see an end.
        }
        lock (_open)
        {
            _open.Remove(client);
            _open.Remove(server);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool back)
    {
        byte[] buffer = new byte[128 << 10];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
            {
                for (int at = 0; at < read;) at += await to.SendAsync(buffer.AsMemory(at, read - at), _stop.Token);
                Interlocked.Add(ref back ? ref _returned : ref _forwarded, read);
                while (back && Returned >= ReturnAtMost) await Task.Delay(TimeSpan.FromMilliseconds(1), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other direction ends with this one.
        }
    }
}
