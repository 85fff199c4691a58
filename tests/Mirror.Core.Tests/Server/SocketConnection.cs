using System.Net;
using System.Net.Sockets;
using Mirror.Core.Security;
using Mirror.Core.Server;

namespace Mirror.Core.Tests.Server;

/// <summary>A connection over loopback that counts as proved.</summary>
internal sealed class SocketConnection(Socket socket, string volume, MirrorRight right) : IVolumeConnection
{
    public Stream Stream { get; } = new NetworkStream(socket, ownsSocket: true);

    public string Volume => volume;

    public MirrorRight Right => right;

    public string Peer { get; } = socket.RemoteEndPoint!.ToString()!;

    public void Abort() => Stream.Dispose();

    public async Task FinishAsync(TimeSpan limit)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            using var time = new CancellationTokenSource(limit);
            byte[] waste = new byte[4096];
            while (await Stream.ReadAsync(waste, time.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
        Abort();
    }

    public void Dispose() => Abort();

    /// <summary>Two connected sockets.</summary>
    public static async Task<(Socket Server, Socket Client)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task<Socket> accepting = listener.AcceptAsync();
        await client.ConnectAsync(listener.LocalEndPoint!);
        Socket server = await accepting;
        server.NoDelay = true;
        return (server, client);
    }
}
