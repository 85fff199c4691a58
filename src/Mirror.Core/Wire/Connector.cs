using System.Net;
using System.Net.Sockets;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>The client's way to a proved connection: the name's addresses one after the other, TCP, then the handshake.</summary>
public sealed class Connector(string host, int port, Secret secret, string volume, MirrorRight right, HandshakeOptions? options = null)
{
    private const int MaxAddresses = 8;

    /// <summary>How long one address may take to answer; a name that has several must not wait for a dead one too long.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the name service may take.</summary>
    public TimeSpan ResolveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Makes a new connection. Names are looked up each time, since a server may move.</summary>
    /// <exception cref="IOException">No address led to a proved connection; the message says what became of each. A <see cref="HandshakeException"/> when
    /// something answered.</exception>
    /// <exception cref="SecretException">The secret is for another volume or right.</exception>
    public async Task<AuthenticatedConnection> ConnectAsync(CancellationToken cancellation)
    {
        Secret own = secret.ForClient(volume, right);   // a wrong secret shows before anything is sent
        var failures = new List<string>();
        HandshakeException? answered = null;
        foreach (IPAddress address in await ResolveAsync(cancellation).ConfigureAwait(false))
        {
            var endPoint = new IPEndPoint(address, port);
            Socket? socket = null;
            try
            {
                socket = await ConnectAsync(endPoint, cancellation).ConfigureAwait(false);
                return await ClientHandshake.RunAsync(new NetworkStream(socket, ownsSocket: true), own, volume, right, endPoint, options, cancellation).ConfigureAwait(false);
            }
            catch (HandshakeException e)
            {
                socket?.Dispose();
                answered ??= e;
                failures.Add(e.Message);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                socket?.Dispose();
                failures.Add($"{endPoint}: {e.Message}");
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }
        string what = string.Join(" ", failures);
        if (answered is not null) throw failures.Count == 1 ? answered : new HandshakeException(answered.Failure, what, answered);
        throw new IOException($"Volume '{volume}': cannot reach the server {host}:{port}. {what}");
    }

    private async Task<IReadOnlyList<IPAddress>> ResolveAsync(CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal)) return [literal];
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(ResolveTimeout);
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, time.Token).WaitAsync(time.Token).ConfigureAwait(false);
            if (addresses.Length == 0) throw new IOException($"Volume '{volume}': the server's name {host} has no address.");
            return addresses.Length <= MaxAddresses ? addresses : addresses[..MaxAddresses];
        }
        catch (SocketException e)
        {
            throw new IOException($"Volume '{volume}': the server's name {host} cannot be resolved: {e.Message}.", e);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"Volume '{volume}': the name service did not answer for {host} within {ResolveTimeout.TotalSeconds:0.#} s.");
        }
    }

    private async Task<Socket> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(ConnectTimeout);
        try
        {
            TcpOptions.Apply(socket);
            await socket.ConnectAsync(endPoint, time.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new IOException($"no answer within {ConnectTimeout.TotalSeconds:0.#} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
