using Mirror.Core.Fakes;
using Mirror.Core.Restore;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Tests.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Restore;

/// <summary>The real server over a fake store with one consistent volume, real TLS on loopback, and the restore engine with a target in memory.</summary>
internal sealed class RestoreRig : IAsyncDisposable
{
    public const string Volume = "v";

    private readonly List<AuthenticatedConnection> _connections = [];
    private long _cutAfter = long.MaxValue;

    private RestoreRig(ServerFixture server, byte[] content, TestClient mirror)
    {
        Server = server;
        Content = content;
        Mirror = mirror;
    }

    public ServerFixture Server { get; }

    /// <summary>What the volume holds.</summary>
    public byte[] Content { get; }

    /// <summary>The mirror's own connection, Live.</summary>
    public TestClient Mirror { get; }

    public RestoreOptions Options { get; set; } = new() { Volume = Volume, Server = "test", RetryInterval = TimeSpan.FromMilliseconds(50) };

    /// <summary>Bytes received on all connections, below TLS.</summary>
    public long BytesReceived => _connections.Sum(c => c.BytesReceived);

    /// <summary>Bytes after which <see cref="CutIfDue"/> cuts each connection in turn; none when they are used up.</summary>
    public Queue<long> Cuts { get; } = new();

    public static async Task<RestoreRig> StartAsync(byte[] content, VolumeLimits? limits = null, bool consistent = true)
    {
        ServerFixture server = await ServerFixture.StartAsync(limits: limits);
        TestClient mirror = await server.WelcomedAsync(content.Length, Volume);
        await mirror.ScanAsync();
        await mirror.StateAsync(StreamState.Scanning);
        for (int at = 0; at < content.Length; at += 1 << 20)
        {
            byte[] piece = content[at..Math.Min(at + (1 << 20), content.Length)];
            if (piece.AsSpan().ContainsAnyExcept((byte)0)) await mirror.WriteAsync(at, piece);
        }
        await mirror.StateAsync(StreamState.CatchUp);
        await mirror.StateAsync(StreamState.Live);
        await mirror.MarkAsync(1, consistent, random: 7);
        await mirror.CommittedAsync(1);
        return new RestoreRig(server, content, mirror);
    }

    /// <summary>Random content with holes: a quarter of the chunks are zero, and so is a half of each third one.</summary>
    public static byte[] Sparse(int bytes, int seed)
    {
        byte[] content = ServerFixture.Random(bytes, seed);
        for (int at = 0, chunk = 0; at < bytes; at += 1 << 20, chunk++)
        {
            int length = Math.Min(1 << 20, bytes - at);
            if (chunk % 4 == 1) content.AsSpan(at, length).Clear();
            else if (chunk % 3 == 0) content.AsSpan(at + length / 2, length / 2).Clear();
        }
        return content;
    }

    public Task<RestoreResult> RestoreAsync(FakeTarget target, IProgress<RestoreProgress>? progress = null) =>
        new RestoreRun(Options, ConnectAsync, target, progress).RunAsync(null, CancellationToken.None).WaitAsync(TestClient.Deadline);

    public Task<RestoreConnection> OpenAsync() => RestoreRun.OpenAsync(Options, ConnectAsync, TimeProvider.System, CancellationToken.None);

    public async Task<AuthenticatedConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connector = new Connector("127.0.0.1", Server.Server.EndPoint.Port, Server.Master, Options.Volume, MirrorRight.Restore);
        AuthenticatedConnection connection = await connector.ConnectAsync(cancellation);
        _connections.Add(connection);
        _cutAfter = Cuts.TryDequeue(out long bytes) ? bytes : long.MaxValue;
        return connection;
    }

    /// <summary>Cuts the newest connection if it has received as much as it may. Called as the target is written, so that a busy machine does not let it receive more.</summary>
    public void CutIfDue()
    {
        if (_connections[^1].BytesReceived >= _cutAfter) _connections[^1].Abort();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AuthenticatedConnection connection in _connections) connection.Dispose();
        await Server.DisposeAsync();
    }
}
