using System.Net;
using System.Net.Sockets;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

/// <summary>The listener and the connector over TCP on the loopback addresses.</summary>
public sealed class ListenerTests : IAsyncDisposable
{
    /// <summary>For what is about places, not about time: a busy machine must not free one.</summary>
    private static readonly HandshakeOptions Patient = new() { TimeLimit = TimeSpan.FromMinutes(5) };

    private readonly Secret _master = Secret.NewMaster();
    private readonly ServerCertificate _certificate = ServerCertificate.Create();
    private readonly List<IAsyncDisposable> _open = [];

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable one in _open) await one.DisposeAsync();
        _certificate.Dispose();
    }

    private Listener Listen(Func<AuthenticatedConnection, CancellationToken, Task>? serve = null, HandshakeOptions? options = null, UnprovenLimits? limits = null, IPAddress? on = null)
    {
        var listener = new Listener(new IPEndPoint(on ?? IPAddress.Loopback, 0), new ServerHandshake(_master, _certificate, options), serve ?? EchoAsync, limits: limits);
        _open.Add(listener);
        return listener;
    }

    private Connector To(Listener listener, Secret? secret = null, string host = "127.0.0.1") =>
        new(host, listener.EndPoint.Port, secret ?? _master, "vol", MirrorRight.Mirror);

    private static async Task EchoAsync(AuthenticatedConnection connection, CancellationToken stop)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await connection.Stream.ReadAsync(buffer, stop) is > 0 and int read) await connection.Stream.WriteAsync(buffer.AsMemory(0, read), stop);
        }
        catch (IOException)
        {
        }
    }

    private static async Task AssertEchoesAsync(AuthenticatedConnection connection)
    {
        byte[] word = Guid.NewGuid().ToByteArray(), back = new byte[16];
        await connection.Stream.WriteAsync(word);
        await connection.Stream.ReadExactlyAsync(back).AsTask().WaitAsync(HandshakeFixture.Deadline);
        Assert.Equal(word, back);
    }

    /// <summary>A stranger from a loopback address of its own; Linux takes all of 127.0.0.0/8.</summary>
    private static async Task<Socket> StrangerAsync(Listener listener, string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(listener.EndPoint).WaitAsync(HandshakeFixture.Deadline);
        return socket;
    }

    [Fact]
    public async Task Good_connections_are_served_side_by_side()
    {
        Listener listener = Listen();
        AuthenticatedConnection[] connections = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => To(listener).ConnectAsync(default)));
        foreach (AuthenticatedConnection connection in connections) await AssertEchoesAsync(connection);
        Assert.Equal((10L, 0L, 0), (listener.Proved, listener.Failed, listener.Unproven));
        Assert.Equal(listener.EndPoint, connections[0].Remote);
        foreach (AuthenticatedConnection connection in connections) connection.Dispose();
    }

    [Fact]
    public async Task A_callback_that_throws_ends_its_own_connection_only()
    {
        int calls = 0;
        Listener listener = Listen((c, stop) => Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("a fault") : EchoAsync(c, stop));
        using (AuthenticatedConnection first = await To(listener).ConnectAsync(default)) Assert.Empty(await HandshakeFixture.ReadToEndAsync(first.Stream));
        using AuthenticatedConnection second = await To(listener).ConnectAsync(default);
        await AssertEchoesAsync(second);
    }

    [Fact]
    public async Task Strangers_are_held_to_their_places_and_the_live_stream_is_unharmed()
    {
        Listener listener = Listen(options: Patient);
        using AuthenticatedConnection live = await To(listener).ConnectAsync(default);
        var strangers = new List<Socket>();
        try
        {
            for (int i = 0; i < 300; i++)
            {
                strangers.Add(await StrangerAsync(listener, $"127.0.{1 + i % 30}.{1 + i % 200}"));
                if (i % 3 == 0) await strangers[^1].SendAsync(new byte[] { 0x16, 3, 1, 1, 0 });
                if (i % 50 == 0) await AssertEchoesAsync(live);
                Assert.InRange(listener.Unproven, 0, 64);
            }
            await Waiting.UntilAsync(() => listener.Accepted == 301 && listener.Unproven == 48, "48 strangers hold a place", HandshakeFixture.Deadline);
            await Waiting.UntilAsync(() => listener.Evicted == 300 - 48, "the others were evicted", HandshakeFixture.Deadline);
            await AssertEchoesAsync(live);
            using AuthenticatedConnection again = await To(listener).ConnectAsync(default);
            await AssertEchoesAsync(again);
            Assert.Equal(48, listener.Unproven);
        }
        finally
        {
            foreach (Socket socket in strangers) socket.Dispose();
        }
        await Waiting.UntilAsync(() => listener.Unproven == 0, "the strangers have gone", HandshakeFixture.Deadline);
    }

    [Fact]
    public async Task One_network_gets_sixteen_places()
    {
        Listener listener = Listen(options: Patient);
        var strangers = new List<Socket>();
        try
        {
            for (int i = 0; i < 40; i++) strangers.Add(await StrangerAsync(listener, $"127.0.7.{1 + i}"));
            await Waiting.UntilAsync(() => listener.Evicted == 24 && listener.Unproven == 16, "16 of 40 are left", HandshakeFixture.Deadline);
        }
        finally
        {
            foreach (Socket socket in strangers) socket.Dispose();
        }
    }

    [Fact]
    public async Task A_half_open_connection_is_closed_in_time()
    {
        Listener listener = Listen(options: new() { TimeLimit = TimeSpan.FromMilliseconds(300) });
        using Socket stranger = await StrangerAsync(listener);
        Assert.Equal(0, await stranger.ReceiveAsync(new byte[1]).WaitAsync(HandshakeFixture.Deadline));
        await Waiting.UntilAsync(() => listener.Unproven == 0 && listener.Failed == 1, "the place is free", HandshakeFixture.Deadline);
    }

    [Fact]
    public async Task A_wrong_secret_is_named_with_the_address_and_the_next_step()
    {
        Listener listener = Listen();
        var e = await Assert.ThrowsAsync<HandshakeException>(() => To(listener, Secret.NewMaster()).ConnectAsync(default));
        Assert.Equal(HandshakeFailure.ProofRefused, e.Failure);
        Assert.Contains(listener.EndPoint.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Contains("'vol'", e.Message, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => listener.Failed == 1, "the failure is counted", HandshakeFixture.Deadline);
    }

    [Fact]
    public async Task Bytes_of_a_recorded_session_sent_again_are_closed()
    {
        Listener listener = Listen();
        using var front = new TcpListener(IPAddress.Loopback, 0);
        front.Start();
        var recorded = new MemoryStream();
        Task recording = Task.Run(async () =>
        {
            using Socket client = await front.AcceptSocketAsync();
            using Socket server = await StrangerAsync(listener);
            Task back = Task.Run(() => CopyAsync(server, client, null));
            await CopyAsync(client, server, recorded);
            server.Shutdown(SocketShutdown.Send);
            await back;
        });
        using (AuthenticatedConnection good = await new Connector("127.0.0.1", ((IPEndPoint)front.LocalEndpoint).Port, _master, "vol", MirrorRight.Mirror).ConnectAsync(default))
            await AssertEchoesAsync(good);
        await recording.WaitAsync(HandshakeFixture.Deadline);
        Assert.Equal(1, listener.Proved);

        using Socket replay = await StrangerAsync(listener);
        await replay.SendAsync(recorded.ToArray());
        await Waiting.UntilAsync(() => listener.Failed == 1, "the replay failed", HandshakeFixture.Deadline);
        Assert.Equal(1, listener.Proved);

        static async Task CopyAsync(Socket from, Socket to, Stream? record)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and int read)
                {
                    record?.Write(buffer, 0, read);
                    await to.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (SocketException)
            {
            }
        }
    }

    [Fact]
    public async Task Stopping_cancels_the_callbacks_and_waits_for_them()
    {
        var ended = new TaskCompletionSource();
        Listener listener = Listen(async (c, stop) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            finally
            {
                ended.SetResult();
            }
        });
        using AuthenticatedConnection connection = await To(listener).ConnectAsync(default);
        using Socket stranger = await StrangerAsync(listener);
        await listener.DisposeAsync().AsTask().WaitAsync(HandshakeFixture.Deadline);
        Assert.True(ended.Task.IsCompleted);
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(connection.Stream));
        await Assert.ThrowsAsync<IOException>(() => To(listener).ConnectAsync(default));
    }

    [Fact]
    public void An_address_that_is_taken_is_named()
    {
        Listener listener = Listen();
        var e = Assert.Throws<IOException>(() => new Listener(listener.EndPoint, new ServerHandshake(_master, _certificate), EchoAsync));
        Assert.Contains(listener.EndPoint.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_with_several_addresses_is_tried_to_the_end()
    {
        Listener listener = Listen();
        using AuthenticatedConnection connection = await To(listener, host: "localhost").ConnectAsync(default);
        await AssertEchoesAsync(connection);
    }

    [SkippableFact]
    public async Task An_ipv6_wildcard_takes_ipv4_too()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "No IPv6 here.");
        Listener listener = Listen(on: IPAddress.IPv6Any);
        using AuthenticatedConnection connection = await To(listener).ConnectAsync(default);
        await AssertEchoesAsync(connection);
        using AuthenticatedConnection six = await To(listener, host: "::1").ConnectAsync(default);
        await AssertEchoesAsync(six);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        Listener listener = Listen();
        await listener.DisposeAsync();
        var e = await Assert.ThrowsAsync<IOException>(() => To(listener).ConnectAsync(default));
        Assert.Contains($"cannot reach the server 127.0.0.1:{listener.EndPoint.Port}", e.Message, StringComparison.Ordinal);
        Assert.Contains("'vol'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_attempt_can_be_cancelled()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var cancel = new CancellationTokenSource();
        Task connecting = new Connector("127.0.0.1", ((IPEndPoint)silent.LocalEndpoint).Port, _master, "vol", MirrorRight.Mirror).ConnectAsync(cancel.Token);
        using Socket accepted = await silent.AcceptSocketAsync();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(HandshakeFixture.Deadline));
    }

    [SkippableFact]
    public void Sockets_get_the_options_of_the_document()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "TCP_USER_TIMEOUT is Linux's.");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TcpOptions.Apply(socket);
        byte[] value = new byte[4];
        socket.GetRawSocketOption(6, 18, value);
        Assert.Equal(20_000, BitConverter.ToInt32(value));
        Assert.True(socket.NoDelay);
        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
    }
}
