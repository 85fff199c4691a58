using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class HandshakeTests : IDisposable
{
    private readonly HandshakeFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private static HandshakeFailure Failure(object outcome) => Assert.IsType<HandshakeException>(outcome).Failure;

    [Theory]
    [InlineData(MirrorRight.Mirror, true)]
    [InlineData(MirrorRight.Mirror, false)]
    [InlineData(MirrorRight.Restore, true)]
    public async Task Both_sides_prove_themselves_and_the_stream_carries_bytes(MirrorRight right, bool withMaster)
    {
        Secret secret = withMaster ? _fixture.Master : _fixture.Master.ForClient("vol", right);
        (object c, object s) = await _fixture.RunAsync(secret, "vol", right);
        using var client = Assert.IsType<AuthenticatedConnection>(c);
        using var server = Assert.IsType<AuthenticatedConnection>(s);
        Assert.Equal(("vol", right, (ushort)1, WireLimits.Features), (server.Volume, server.Right, server.Version, server.Features));
        Assert.Equal(("vol", right, (ushort)1, WireLimits.Features), (client.Volume, client.Right, client.Version, client.Features));

        byte[] data = new byte[200_000], back = new byte[data.Length];
        new Random(1).NextBytes(data);
        foreach ((AuthenticatedConnection from, AuthenticatedConnection to) in new[] { (client, server), (server, client) })
        {
            Task sending = from.Stream.WriteAsync(data).AsTask();
            await to.Stream.ReadExactlyAsync(back).AsTask().WaitAsync(HandshakeFixture.Deadline);
            await sending;
            Assert.Equal(data, back);
        }
        Assert.InRange(client.BytesSent, data.Length, data.Length + 10_000);
        Assert.Equal(client.BytesSent, server.BytesReceived);
        SslStream tls = Assert.IsType<SslStream>(client.Stream);
        Assert.Equal((SslProtocols.Tls13, TlsCipherSuite.TLS_AES_128_GCM_SHA256), (tls.SslProtocol, tls.NegotiatedCipherSuite));
    }

    [Fact]
    public async Task The_highest_common_version_and_the_common_features_are_in_force()
    {
        using var fixture = new HandshakeFixture { ServerOptions = new() { LowestVersion = 1, HighestVersion = 5, Features = 0b0110 } };
        (object c, object s) = await fixture.RunAsync(fixture.Master, "v", MirrorRight.Mirror, new() { LowestVersion = 2, HighestVersion = 3, Features = 0b1100 });
        using var client = Assert.IsType<AuthenticatedConnection>(c);
        using var server = Assert.IsType<AuthenticatedConnection>(s);
        Assert.Equal((3, 0b0100UL), (client.Version, client.Features));
        Assert.Equal((3, 0b0100UL), (server.Version, server.Features));
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(0, 0)]
    public async Task Without_a_common_version_both_sides_say_so(ushort lowest, ushort highest)
    {
        (object c, object s) = await _fixture.RunAsync(_fixture.Master, "v", MirrorRight.Mirror, new() { LowestVersion = lowest, HighestVersion = highest });
        Assert.Equal(HandshakeFailure.Version, Failure(c));
        Assert.Equal(HandshakeFailure.Version, Failure(s));
    }

    [Fact]
    public async Task A_wrong_secret_another_volume_and_another_right_are_refused_alike()
    {
        Secret good = _fixture.Master.ForClient("vol", MirrorRight.Mirror);
        (Secret Secret, string Volume, MirrorRight Right)[] attempts =
        [
            (Secret.NewMaster(), "vol", MirrorRight.Mirror),
            (HandshakeFixture.Forge(good, "other", MirrorRight.Mirror), "other", MirrorRight.Mirror),
            (HandshakeFixture.Forge(good, "vol", MirrorRight.Restore), "vol", MirrorRight.Restore),
            (HandshakeFixture.Forge(_fixture.Master, "vol", MirrorRight.Mirror), "vol", MirrorRight.Mirror),
        ];
        var messages = new HashSet<string>();
        foreach ((Secret secret, string volume, MirrorRight right) in attempts)
        {
            (object c, object s) = await _fixture.RunAsync(secret, volume, right);
            Assert.Equal(HandshakeFailure.ProofRefused, Failure(c));
            Assert.Equal(HandshakeFailure.ProofRefused, Failure(s));
            messages.Add(((Exception)c).Message.Replace("other", "vol", StringComparison.Ordinal).Replace("restore", "mirror", StringComparison.Ordinal));
        }
        Assert.Contains("did not accept the secret for volume 'vol' with right 'mirror'", Assert.Single(messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_never_uses_a_secret_for_another_volume()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Secret other = _fixture.Master.ForClient("other", MirrorRight.Mirror);
        await Assert.ThrowsAsync<SecretException>(() => ClientHandshake.RunAsync(c, other, "vol", MirrorRight.Mirror, null, null, default));
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(s));
    }

    [Fact]
    public async Task While_secrets_are_changed_those_of_both_masters_are_taken_and_no_other()
    {
        using var fixture = new HandshakeFixture { Former = Secret.NewMaster() };
        foreach ((Secret master, bool former) in ((Secret, bool)[])[(fixture.Master, false), (fixture.Former, true)])
        {
            (object c, object s) = await fixture.RunAsync(master.ForClient("vol", MirrorRight.Mirror), "vol", MirrorRight.Mirror);
            using var client = Assert.IsType<AuthenticatedConnection>(c);
            using var server = Assert.IsType<AuthenticatedConnection>(s);
            Assert.Equal(former, server.IsFormerSecret);
        }
        (object refused, _) = await fixture.RunAsync(Secret.NewMaster(), "vol", MirrorRight.Mirror);
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(refused));
        (object forged, _) = await fixture.RunAsync(HandshakeFixture.Forge(fixture.Former.ForClient("vol", MirrorRight.Mirror), "vol", MirrorRight.Restore), "vol", MirrorRight.Restore);
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(forged));
        Assert.Throws<SecretException>(() => new ServerHandshake(fixture.Master, fixture.Certificate, former: fixture.Former.ForClient("v", MirrorRight.Mirror)));
    }

    [Fact]
    public void A_server_needs_the_master() =>
        Assert.Throws<SecretException>(() => new ServerHandshake(_fixture.Master.ForClient("v", MirrorRight.Mirror), _fixture.Certificate));

    /// <summary>What a stranger says first inside TLS; the server must read, wait, and close without a byte.</summary>
    public static TheoryData<string, byte[]> FirstWords => new()
    {
        { "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray() },
        { "zeroes", new byte[600] },
        { "another message", [0x11, .. new byte[200]] },
        { "wrong magic", [0x01, .. "DMIX"u8, 1, 0, 1, 0, .. new byte[8], 1, 1, (byte)'v', .. new byte[32]] },
        { "no name", [0x01, .. "DMIR"u8, 1, 0, 1, 0, .. new byte[8], 1, 0, .. new byte[32]] },
        { "long name", [0x01, .. "DMIR"u8, 1, 0, 1, 0, .. new byte[8], 1, 65, .. new byte[400]] },
        { "bad name", [0x01, .. "DMIR"u8, 1, 0, 1, 0, .. new byte[8], 1, 2, .. "../"u8, .. new byte[40]] },
        { "unknown right", [0x01, .. "DMIR"u8, 1, 0, 1, 0, .. new byte[8], 9, 1, (byte)'v', .. new byte[32]] },
        { "versions upside down", [0x01, .. "DMIR"u8, 2, 0, 1, 0, .. new byte[8], 1, 1, (byte)'v', .. new byte[32]] },
    };

    [Theory]
    [MemberData(nameof(FirstWords))]
    public async Task A_malformed_hello_is_answered_by_silence_not_before_ten_milliseconds(string what, byte[] words)
    {
        Assert.NotEmpty(what);
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        using SslStream tls = await HandshakeFixture.TlsClientAsync(c);
        long start = Stopwatch.GetTimestamp();
        await tls.WriteAsync(words);
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(tls));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(10), "The refusal came too early.");
        Assert.Equal(HandshakeFailure.Malformed, Failure(await server));
    }

    [Fact]
    public async Task A_wrong_proof_is_answered_by_silence_not_before_ten_milliseconds()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        using SslStream tls = await HandshakeFixture.TlsClientAsync(c);
        await tls.WriteAsync(FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "v", Bytes32.Random())));
        await tls.ReadExactlyAsync(new byte[ChallengeMessage.Size]);
        long start = Stopwatch.GetTimestamp();
        await tls.WriteAsync(FrameBytes.Of(new ProofMessage(Bytes32.Random())));
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(tls));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(10), "The refusal came too early.");
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(await server));
    }

    [Fact]
    public async Task What_is_not_tls_is_closed()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        await c.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.Equal(HandshakeFailure.Tls, Failure(await server.WaitAsync(HandshakeFixture.Deadline)));
    }

    [Fact]
    public async Task Tls_before_1_3_is_refused()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
#pragma warning disable CA5397, SYSLIB0039 // just that is to be refused
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeFixture.TlsClientAsync(c, SslProtocols.Tls12));
#pragma warning restore CA5397, SYSLIB0039
        c.Dispose();
        Assert.IsType<HandshakeException>(await server.WaitAsync(HandshakeFixture.Deadline));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_peer_that_stops_talking_is_closed_in_time(int after)
    {
        using var fixture = new HandshakeFixture { ServerOptions = new() { TimeLimit = TimeSpan.FromSeconds(2) } };
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => fixture.Server.RunAsync(s, null, default));
        try
        {
            Stream open = c;
            if (after >= 1) open = await HandshakeFixture.TlsClientAsync(c);
            if (after >= 2) await open.WriteAsync(FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "v", Bytes32.Random())));
        }
        catch (IOException)
        {
            // On a stalled machine the time may be over before TLS is through.
        }
        Assert.Equal(HandshakeFailure.TimedOut, Failure(await server.WaitAsync(HandshakeFixture.Deadline)));
        await HandshakeFixture.ReadToEndAsync(c);   // ends: the server has closed
    }

    [Fact]
    public async Task A_slow_drip_does_not_lengthen_the_time()
    {
        using var fixture = new HandshakeFixture { ServerOptions = new() { TimeLimit = TimeSpan.FromSeconds(2) } };
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => fixture.Server.RunAsync(s, null, default));
        byte[] hello = FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, new string('v', 64), Bytes32.Random()));
        int sent = 0;
        try
        {
            using SslStream tls = await HandshakeFixture.TlsClientAsync(c);
            while (!server.IsCompleted && sent < hello.Length)
            {
                await tls.WriteAsync(hello.AsMemory(sent++, 1));
                await Task.WhenAny(server, Task.Delay(150));
            }
        }
        catch (IOException)
        {
            // Closed while dripping; on a stalled machine even before TLS was through.
        }
        Assert.Equal(HandshakeFailure.TimedOut, Failure(await server.WaitAsync(HandshakeFixture.Deadline)));
        Assert.InRange(sent, 0, 60);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Before_proof_the_server_reads_no_more_than_it_must(bool insideTls)
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        Stream open = c;
        byte[] flood = new byte[4 << 20];
        if (insideTls)
        {
            open = await HandshakeFixture.TlsClientAsync(c);
            FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "v", Bytes32.Random())).CopyTo(flood, 0);
        }
        else
        {
            // A record of the handshake that never ends.
            for (int at = 0; at + 16389 <= flood.Length; at += 16389) FrameBytes.Hex("16 0301 4000 01 ffffff 0303").CopyTo(flood, at);
        }
        Task writing = Task.Run(async () =>
        {
            try
            {
                await open.WriteAsync(flood);
            }
            catch (IOException)
            {
            }
        });
        Assert.IsType<HandshakeException>(await server.WaitAsync(HandshakeFixture.Deadline));
        await writing.WaitAsync(HandshakeFixture.Deadline);
        Assert.InRange(s.BytesRead, 1, HandshakeTls.MaxUnprovenBytes);
    }

    [Fact]
    public async Task A_relay_with_its_own_certificate_gets_neither_proof_accepted()
    {
        using ServerCertificate own = ServerCertificate.Create();
        (DuplexStream c, DuplexStream toClient) = DuplexStream.Pair();
        (DuplexStream toServer, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, null, default));
        using SslStream facingClient = await HandshakeFixture.TlsServerAsync(toClient, own);
        using SslStream facingServer = await HandshakeFixture.TlsClientAsync(toServer);
        Task<byte[]> up = RelayAsync(facingClient, facingServer, toServer), down = RelayAsync(facingServer, facingClient, toClient);
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(await server.WaitAsync(HandshakeFixture.Deadline)));
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(await client.WaitAsync(HandshakeFixture.Deadline)));
        toServer.Dispose();
        Assert.Equal(HelloMessage.HeadSize + 3 + 32 + ProofMessage.Size, (await up).Length);
        Assert.Equal(ChallengeMessage.Size, (await down).Length);

        static async Task<byte[]> RelayAsync(SslStream from, SslStream to, Stream toTransport)
        {
            using var all = new MemoryStream();
            byte[] buffer = new byte[4096];
            try
            {
                while (await from.ReadAsync(buffer) is > 0 and int read)
                {
                    all.Write(buffer, 0, read);
                    await to.WriteAsync(buffer.AsMemory(0, read));
                }
            }
            catch (IOException)
            {
            }
            toTransport.Dispose();
            return all.ToArray();
        }
    }

    [Fact]
    public async Task A_false_server_is_told_nothing_even_when_it_sends_the_clients_proof_back()
    {
        using ServerCertificate own = ServerCertificate.Create();
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, null, default));
        using SslStream tls = await HandshakeFixture.TlsServerAsync(s, own);
        await tls.ReadExactlyAsync(new byte[HelloMessage.HeadSize + 3 + 32]);
        await tls.WriteAsync(FrameBytes.Of(new ChallengeMessage(1, 0, Bytes32.Random())));
        byte[] proof = new byte[ProofMessage.Size];
        await tls.ReadExactlyAsync(proof);
        await tls.WriteAsync(new byte[] { (byte)MessageType.Proved }.Concat(proof[1..]).ToArray());
        Assert.Equal(HandshakeFailure.ServerNotProved, Failure(await client.WaitAsync(HandshakeFixture.Deadline)));
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(tls));
    }

    [Fact]
    public async Task A_recorded_session_proves_nothing_again_to_either_side()
    {
        // Record what both sides said inside TLS, with the real certificate: more than an attacker on the wire can have.
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        byte[] hash = [];
        byte[] hello = FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "vol", Bytes32.Random()));
        byte[] challenge = new byte[ChallengeMessage.Size], proved = new byte[ProvedMessage.Size], proof;
        using (SslStream tls = await HandshakeFixture.TlsClientAsync(c, certificate: h => hash = h))
        {
            await tls.WriteAsync(hello);
            await tls.ReadExactlyAsync(challenge);
            proof = FrameBytes.Of(new ProofMessage(HandshakeProof.OfClient(_fixture.Master.ForClient("vol", MirrorRight.Mirror).ProofKey(), hash, hello, challenge)));
            await tls.WriteAsync(proof);
            await tls.ReadExactlyAsync(proved);
            Assert.IsType<AuthenticatedConnection>(await server.WaitAsync(HandshakeFixture.Deadline)).Dispose();
        }

        (c, s) = DuplexStream.Pair();
        server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        using (SslStream tls = await HandshakeFixture.TlsClientAsync(c))
        {
            await tls.WriteAsync(hello);
            await tls.ReadExactlyAsync(new byte[ChallengeMessage.Size]);
            await tls.WriteAsync(proof);
            Assert.Empty(await HandshakeFixture.ReadToEndAsync(tls));
        }
        Assert.Equal(HandshakeFailure.ProofRefused, Failure(await server.WaitAsync(HandshakeFixture.Deadline)));

        (c, s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, null, default));
        using (SslStream tls = await HandshakeFixture.TlsServerAsync(s, _fixture.Certificate))
        {
            await tls.ReadExactlyAsync(new byte[hello.Length]);
            await tls.WriteAsync(challenge);
            await tls.ReadExactlyAsync(new byte[ProofMessage.Size]);
            await tls.WriteAsync(proved);
            Assert.Equal(HandshakeFailure.ServerNotProved, Failure(await client.WaitAsync(HandshakeFixture.Deadline)));
        }
    }

    [Fact]
    public async Task A_server_that_chooses_a_version_that_was_not_offered_is_refused()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, null, default));
        using SslStream tls = await HandshakeFixture.TlsServerAsync(s, _fixture.Certificate);
        await tls.WriteAsync(FrameBytes.Of(new ChallengeMessage(2, 0, Bytes32.Random())));
        Assert.Equal(HandshakeFailure.Malformed, Failure(await client.WaitAsync(HandshakeFixture.Deadline)));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_left_in_time()
    {
        (DuplexStream c, _) = DuplexStream.Pair();
        object client = await HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, new() { TimeLimit = TimeSpan.FromMilliseconds(200) }, default)).WaitAsync(HandshakeFixture.Deadline);
        Assert.Equal(HandshakeFailure.TimedOut, Failure(client));
    }

    [Fact]
    public async Task Abort_ends_what_is_under_way_on_both_sides()
    {
        (object c, object s) = await _fixture.RunAsync(_fixture.Master, "vol", MirrorRight.Mirror);
        using var client = Assert.IsType<AuthenticatedConnection>(c);
        using var server = Assert.IsType<AuthenticatedConnection>(s);
        Task reading = server.Stream.ReadAsync(new byte[1]).AsTask();
        server.Abort();
        server.Abort();
        Assert.True(server.Aborted.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<IOException>(() => reading.WaitAsync(HandshakeFixture.Deadline));
        Assert.Empty(await HandshakeFixture.ReadToEndAsync(client.Stream));
    }

    [Fact]
    public async Task Finish_lets_the_peer_read_what_was_sent_though_it_is_still_sending()
    {
        (object c, object s) = await _fixture.RunAsync(_fixture.Master, "vol", MirrorRight.Mirror);
        using var client = Assert.IsType<AuthenticatedConnection>(c);
        using var server = Assert.IsType<AuthenticatedConnection>(s);
        await client.Stream.WriteAsync(new byte[500_000]);
        await server.Stream.WriteAsync(FrameBytes.Of(new RefusedMessage(RefusalCode.StoreFull, 1, "full")));
        Task finishing = server.FinishAsync(HandshakeFixture.Deadline);
        await client.Stream.WriteAsync(new byte[900_000]);
        byte[] heard = await HandshakeFixture.ReadToEndAsync(client.Stream);
        Assert.Equal("full", RefusedMessage.Decode(heard, new FrameValidator(FrameSender.Server)).Text);
        client.Dispose();
        await finishing.WaitAsync(HandshakeFixture.Deadline);
    }
}
