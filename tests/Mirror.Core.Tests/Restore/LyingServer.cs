using System.Net;
using Mirror.Core.Blocks;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Restore;

/// <summary>A server that has proved the secret and then says what a test wants: answers a restore rightly, unless told otherwise.</summary>
internal sealed class LyingServer : IAsyncDisposable
{
    private readonly byte[] _content;
    private readonly Bytes32 _hashKey = Bytes32.Random();
    private readonly Guid _view = Guid.NewGuid();
    private readonly Secret _master = Secret.NewMaster();
    private readonly Listener _listener;

    public LyingServer(byte[] content)
    {
        _content = content;
        _listener = new Listener(new IPEndPoint(IPAddress.Loopback, 0), new ServerHandshake(_master, ServerCertificate.Create()), ServeAsync);
    }

    /// <summary>Changes the answers, as bytes; null: says nothing and closes; empty: says nothing.</summary>
    public Func<MessageType, byte[], byte[]?> Change { get; set; } = (_, frame) => frame;

    /// <summary>Whether ALIVE is said.</summary>
    public bool SaysAlive { get; set; }

    public int Connections { get; private set; }

    public Task<AuthenticatedConnection> ConnectAsync(CancellationToken cancellation) =>
        new Connector("127.0.0.1", _listener.EndPoint.Port, _master, "v", MirrorRight.Restore).ConnectAsync(cancellation);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(AuthenticatedConnection connection, CancellationToken stopping)
    {
        Connections++;
        using var reader = new FrameReader(connection.Stream, new FrameValidator(FrameSender.Client) { VolumeSectors = _content.Length >> Units.SectorShift }, new PayloadPool(1));
        using var turn = new SemaphoreSlim(1, 1);
        if (SaysAlive) _ = AliveAsync(connection, turn);
        try
        {
            while (true)
            {
                MessageType type = await reader.ReadAsync(stopping);
                byte[]? answer = type switch
                {
                    MessageType.RestoreBegin => FrameOf(new RestoreViewMessage(RestoreViewFlags.Consistent, _content.Length >> 9, 512, _view, _hashKey, 1, 0, _content.Length, "disk")),
                    MessageType.HashRequest => HashesOf(reader.Message<HashRequestMessage>()),
                    MessageType.Fetch => DataOf(reader.Message<FetchMessage>()),
                    MessageType.Alive => [],
                    _ => null,
                };
                if (answer is { Length: > 0 }) answer = Change(type, answer);
                if (answer is null) return;
                await turn.WaitAsync(stopping);
                await connection.Stream.WriteAsync(answer, stopping);
                turn.Release();
            }
        }
        catch (IOException)
        {
            // The client is gone.
        }
    }

    private static async Task AliveAsync(AuthenticatedConnection connection, SemaphoreSlim turn)
    {
        try
        {
            while (true)
            {
                await Task.Delay(50, connection.Aborted);
                await turn.WaitAsync(connection.Aborted);
                await connection.Stream.WriteAsync(FrameOf(default(AliveMessage)), connection.Aborted);
                turn.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Over.
        }
    }

    public static byte[] FrameOf<T>(T message) where T : struct, IMessage<T>
    {
        byte[] bytes = new byte[message.EncodedBytes];
        message.Encode(bytes);
        return bytes;
    }

    private byte[] HashesOf(HashRequestMessage request)
    {
        byte[] tags = new byte[request.Count * WireLimits.TagBytes];
        using var hasher = new UnitHasher(_hashKey);
        int from = (int)(request.FirstSector << Units.SectorShift);
        int end = (int)Math.Min(_content.Length, from + (long)request.Count * request.UnitBytes);
        hasher.HashAll(_content.AsSpan(from, end - from), request.UnitBytes, from / request.UnitBytes, tags);
        return [.. FrameOf(new HashesMessage(request.FirstSector, request.Count, request.UnitBytes, HashesFlags.None)), .. tags];
    }

    private byte[] DataOf(FetchMessage request) => [.. FrameOf(new DataMessage(request.FirstSector, request.Bytes)), .. _content.AsSpan((int)request.Offset, request.Bytes)];
}
