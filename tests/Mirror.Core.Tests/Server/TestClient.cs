using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

/// <summary>A client that says exactly what a test wants. Server's ALIVEs are skipped.</summary>
internal sealed class TestClient : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Stream _stream;
    private readonly FrameReader _reader;
    private readonly FrameValidator _validator = new(FrameSender.Server);
    private readonly byte[] _head = new byte[2048];

    public TestClient(Stream stream)
    {
        _stream = stream;
        _reader = new FrameReader(stream, _validator, new PayloadPool(2));
    }

    public static IdentifyMessage Identity(long bytes, string text = "disk-1", IdentifyFlags flags = 0, int machine = 1, int client = 1) =>
        new(flags, bytes >> 9, 512, 4096, Id(machine), Id(client), text, "host");

    public static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    public async Task SendAsync<T>(T message) where T : struct, IMessage<T>
    {
        byte[] bytes = new byte[message.EncodedBytes];
        message.Encode(bytes);
        await _stream.WriteAsync(bytes);
    }

    public async Task WriteAsync(long offset, byte[] data)
    {
        byte[] frame = new byte[WriteMessage.Size + data.Length];
        new WriteMessage(offset >> 9, data.Length).Encode(frame);
        data.CopyTo(frame, WriteMessage.Size);
        await _stream.WriteAsync(frame);
    }

    public Task ZeroAsync(long offset, long length) => SendAsync(new ZeroMessage(offset >> 9, length >> 9));

    public Task MarkAsync(ulong n, bool consistent = false, ulong random = 7) =>
        SendAsync(new MarkMessage(n, random, consistent ? MarkFlags.Consistent : 0, 0, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));

    public Task RawAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    /// <summary>The next message that is not ALIVE; None at the end of the stream or when it was cut.</summary>
    public async Task<MessageType> NextAsync()
    {
        using var time = new CancellationTokenSource(Deadline);
        try
        {
            while (true)
            {
                MessageType type = await _reader.ReadAsync(time.Token);
                if (type != MessageType.Alive) return type;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("The server did not answer.");
        }
        catch (IOException e) when (e is not ProtocolException)
        {
            return MessageType.None;
        }
    }

    public async Task<T> ExpectAsync<T>() where T : struct, IMessage<T>
    {
        MessageType type = await NextAsync();
        if (type == MessageType.Refused && T.Type != MessageType.Refused) Assert.Fail($"Refused: {_reader.Message<RefusedMessage>()}");
        Assert.Equal(T.Type, type);
        return _reader.Message<T>();
    }

    /// <summary>HASHES with its tags.</summary>
    public async Task<(HashesMessage Head, byte[] Tags)> ExpectHashesAsync()
    {
        HashesMessage head = await ExpectAsync<HashesMessage>();
        return (head, _reader.Payload?.Memory.ToArray() ?? []);
    }

    public async Task<RefusedMessage> ExpectRefusedAsync(RefusalCode code)
    {
        RefusedMessage refused = await ExpectAsync<RefusedMessage>();
        Assert.True(refused.Code == code, refused.ToString());
        Assert.Equal(MessageType.None, await NextAsync());
        return refused;
    }

    public async Task<WelcomeMessage> IdentifyAsync(IdentifyMessage m)
    {
        _validator.VolumeSectors = m.SizeSectors;
        await SendAsync(m);
        return await ExpectAsync<WelcomeMessage>();
    }

    public async Task StateAsync(StreamState state)
    {
        await SendAsync(new StateMessage(state));
        Assert.Equal(state, (await ExpectAsync<StateOkMessage>()).State);
    }

    public async Task<ScanBegunMessage> ScanAsync(ScanBeginFlags flags = 0)
    {
        await SendAsync(new ScanBeginMessage(flags));
        return await ExpectAsync<ScanBegunMessage>();
    }

    /// <summary>Until COMMITTED(n); earlier ones are passed over.</summary>
    public async Task CommittedAsync(ulong n)
    {
        while ((await ExpectAsync<CommittedMessage>()).Number < n)
        {
        }
    }

    /// <summary>First contact, an empty scan, Live, a consistent mark 1.</summary>
    public async Task<Guid> BecomeLiveAsync()
    {
        ScanBegunMessage begun = await ScanAsync();
        await StateAsync(StreamState.Scanning);
        await StateAsync(StreamState.CatchUp);
        await StateAsync(StreamState.Live);
        await MarkAsync(1, consistent: true);
        await CommittedAsync(1);
        return begun.Incarnation;
    }

    public void Dispose()
    {
        _stream.Dispose();
    }
}
