using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Fakes.Control;

namespace Mirror.Core.Tests.Control;

/// <summary>A directory for control sockets of its own, with hosts in it; everything goes away with it.</summary>
internal sealed class ControlFixture : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly List<ControlHost> hosts = [];

    public ControlFixture() => Directory = new ControlDirectory(Path.Combine(Path.GetTempPath(), "dmc-" + Guid.NewGuid().ToString("N")[..8]));

    public ControlDirectory Directory { get; }

    public ControlClient Client => new(Directory);

    public ControlHost Host(params FakeMirrorRole[] roles) => Host(() => roles);

    public ControlHost Host(Func<IReadOnlyCollection<IMirrorRole>> roles)
    {
        ControlHost host = ControlHost.Start(Directory, MirrorRole.Client, roles, NullLogger.Instance);
        hosts.Add(host);
        return host;
    }

    /// <summary>Sends bytes as they are, ends sending, and returns everything that comes back until the host closes.</summary>
    public static async Task<string> SendAsync(ControlHost host, byte[] bytes, bool shutdown = true)
    {
        using Socket socket = await ConnectAsync(host.SocketPath);
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(30));
        try
        {
            await socket.SendAsync(bytes, SocketFlags.None, late.Token);
            if (shutdown) socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The host may already have heard enough.
        }
        MemoryStream all = new();
        byte[] buffer = new byte[4096];
        try
        {
            for (int read; (read = await socket.ReceiveAsync(buffer, SocketFlags.None, late.Token)) > 0;) all.Write(buffer, 0, read);
        }
        catch (SocketException)
        {
            // Closed with our bytes unread: a reset.
        }
        return Encoding.UTF8.GetString(all.ToArray());
    }

    public static Task<string> SendAsync(ControlHost host, string text) => SendAsync(host, Encoding.UTF8.GetBytes(text));

    public static async Task<Socket> ConnectAsync(string path)
    {
        for (long deadline = Environment.TickCount64 + 30_000; ;)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && Environment.TickCount64 < deadline)
            {
                // The listener's queue is full for a moment.
                socket.Dispose();
                await Task.Delay(5);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ControlHost host in hosts) await host.DisposeAsync();
        if (System.IO.Directory.Exists(Directory.Path)) System.IO.Directory.Delete(Directory.Path, recursive: true);
    }
}
