using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using Mirror.Core.Security;
using Mirror.Core.Wire;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Wire;

/// <summary>Thousands of hostile peers against the real handshake code of both sides, below and inside TLS: each attempt ends, in a <see cref="HandshakeException"/>.</summary>
public sealed class HandshakeFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int InsideTls = 1000;
    private const int BelowTls = 2000;
    private const int Corrupted = 500;

    private static readonly HandshakeOptions Quick = new() { RefusalDelay = TimeSpan.Zero, TimeLimit = TimeSpan.FromSeconds(20) };

    private readonly HandshakeFixture _fixture = new() { ServerOptions = Quick };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public Task A_server_survives_hostile_clients_inside_tls() => RunAsync(InsideTls, async (mutator, _) =>
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        byte[] hello = FrameBytes.Of(new HelloMessage(1, 1, 0, MirrorRight.Mirror, "vol", Bytes32.Random()));
        byte[] proof = FrameBytes.Of(new ProofMessage(Bytes32.Random()));
        await TryAsync(async () =>
        {
            using SslStream tls = await HandshakeFixture.TlsClientAsync(c);
            await tls.WriteAsync(mutator.Random.Next(3) switch { 0 => mutator.Noise([hello]), 1 => hello, _ => mutator.Mutate(hello) });
            await tls.WriteAsync(mutator.Random.Next(2) == 0 ? proof : mutator.Mutate(proof));
            await tls.ShutdownAsync();
        });
        c.Dispose();
        Assert.IsType<HandshakeException>(await server.WaitAsync(HandshakeFixture.Deadline));
    });

    [Fact]
    public Task A_client_survives_hostile_servers_inside_tls() => RunAsync(InsideTls, async (mutator, _) =>
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, Quick, default));
        byte[] challenge = FrameBytes.Of(new ChallengeMessage(1, 0, Bytes32.Random()));
        byte[] proved = FrameBytes.Of(new ProvedMessage(Bytes32.Random()));
        await TryAsync(async () =>
        {
            using SslStream tls = await HandshakeFixture.TlsServerAsync(s, _fixture.Certificate);
            await tls.WriteAsync(mutator.Random.Next(3) switch { 0 => mutator.Noise([challenge]), 1 => challenge, _ => mutator.Mutate(challenge) });
            await tls.WriteAsync(mutator.Random.Next(2) == 0 ? proved : mutator.Mutate(proved));
            await tls.ShutdownAsync();
        });
        s.Dispose();
        Assert.IsType<HandshakeException>(await client.WaitAsync(HandshakeFixture.Deadline));
    });

    [Fact]
    public async Task Both_sides_survive_noise_below_tls()
    {
        // The first flight of a real client, and of a real server, as the corpus.
        byte[][] hellos = new byte[2][];
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, Quick, default));
        hellos[0] = await FirstAsync(s);
        s.Dispose();
        await client.WaitAsync(HandshakeFixture.Deadline);
        (c, s) = DuplexStream.Pair();
        Task<object> server = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(s, null, default));
        await c.WriteAsync(hellos[0]);
        hellos[1] = await FirstAsync(c);
        c.Dispose();
        await server.WaitAsync(HandshakeFixture.Deadline);

        await RunAsync(BelowTls, async (mutator, i) =>
        {
            (DuplexStream hostile, DuplexStream victim) = DuplexStream.Pair();
            bool toServer = i % 2 == 0;
            Task<object> outcome = HandshakeFixture.Outcome(() => toServer
                ? _fixture.Server.RunAsync(victim, null, default)
                : ClientHandshake.RunAsync(victim, _fixture.Master, "vol", MirrorRight.Mirror, null, Quick, default));
            await TryAsync(async () => await hostile.WriteAsync(mutator.Random.Next(4) == 0 ? mutator.Noise(hellos) : mutator.Mutate(hellos[toServer ? 0 : 1])));
            hostile.Dispose();
            Assert.IsType<HandshakeException>(await outcome.WaitAsync(HandshakeFixture.Deadline));
        });
    }

    /// <summary>What the fuzz finds once in many runs only.</summary>
    [Fact]
    public Task What_NETs_parser_lets_out_of_a_wrong_hello_is_a_failure_of_the_peer() =>
        Assert.ThrowsAsync<AuthenticationException>(() => HandshakeTls.AuthenticateAsync(Task.FromException(new ArgumentOutOfRangeException("length"))));

    [Fact]
    public async Task A_hello_with_any_byte_wrong_ends_the_handshake()
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, Quick, default));
        byte[] hello = await FirstAsync(s);
        s.Dispose();
        await client.WaitAsync(HandshakeFixture.Deadline);

        // .NET's own parser is told other lengths of everything.
        byte[] values = [0, 1, 2, 0x7f, 0x80, 0xff];
        int bytes = hello.Length * values.Length;
        await RunAsync(bytes + hello.Length, async (_, i) =>
        {
            (DuplexStream hostile, DuplexStream victim) = DuplexStream.Pair();
            Task<object> outcome = HandshakeFixture.Outcome(() => _fixture.Server.RunAsync(victim, null, default));
            byte[] wrong = [.. hello];
            if (i < bytes) wrong[i / values.Length] = values[i % values.Length];
            else BinaryPrimitives.WriteUInt16BigEndian(wrong.AsSpan(3), (ushort)(i - bytes));   // of the record
            await TryAsync(async () => await hostile.WriteAsync(wrong));
            hostile.Dispose();
            Assert.IsType<HandshakeException>(await outcome.WaitAsync(HandshakeFixture.Deadline));
        });
    }

    private static async Task<byte[]> FirstAsync(DuplexStream stream)
    {
        byte[] buffer = new byte[16384];
        int read = await stream.ReadAsync(buffer).AsTask().WaitAsync(HandshakeFixture.Deadline);
        return buffer[..read];
    }

    [Fact]
    public Task One_changed_byte_on_the_way_ends_the_handshake_on_both_sides() => RunAsync(Corrupted, async (mutator, _) =>
    {
        (DuplexStream c, DuplexStream nearClient) = DuplexStream.Pair();
        (DuplexStream nearServer, DuplexStream s) = DuplexStream.Pair();
        bool up = mutator.Random.Next(2) == 0;
        int at = mutator.Random.Next(up ? 400 : 700);     // of the some 500 and 800 bytes that each side says
        byte flip = (byte)(1 << mutator.Random.Next(8));
        // A changed length makes a side wait for bytes that never come: then time ends it.
        HandshakeOptions impatient = Quick with { TimeLimit = TimeSpan.FromSeconds(3) };
        Task<object> server = HandshakeFixture.Outcome(() => new ServerHandshake(_fixture.Master, _fixture.Certificate, impatient).RunAsync(s, null, default));
        Task<object> client = HandshakeFixture.Outcome(() => ClientHandshake.RunAsync(c, _fixture.Master, "vol", MirrorRight.Mirror, null, impatient, default));
        Task relays = Task.WhenAll(RelayAsync(nearClient, nearServer, up ? at : -1), RelayAsync(nearServer, nearClient, up ? -1 : at));
        object clientEnd = await client.WaitAsync(HandshakeFixture.Deadline);
        // A flip in a field that TLS 1.3 leaves unprotected (the version of a plain record) may change nothing; then both must have proved themselves.
        if (clientEnd is AuthenticatedConnection good)
        {
            using AuthenticatedConnection other = Assert.IsType<AuthenticatedConnection>(await server.WaitAsync(HandshakeFixture.Deadline));
            good.Dispose();
        }
        else
        {
            c.Dispose();
            object serverEnd = await server.WaitAsync(HandshakeFixture.Deadline);
            // The server has proved itself last: a change in what it says then is seen by the client alone.
            if (serverEnd is AuthenticatedConnection half)
            {
                Assert.True(!up || clientEnd is HandshakeException { Failure: HandshakeFailure.TimedOut }, "The server took a changed byte.");
                Assert.Equal(-1, await half.Stream.ReadAsync(new byte[1]).AsTask().ContinueWith(t => t.IsCompletedSuccessfully && t.Result > 0 ? 1 : -1, TaskScheduler.Default).WaitAsync(HandshakeFixture.Deadline));
                half.Dispose();
            }
        }
        await relays.WaitAsync(HandshakeFixture.Deadline);

        async Task RelayAsync(DuplexStream from, DuplexStream to, int corrupt)
        {
            byte[] buffer = new byte[4096];
            int done = 0;
            await TryAsync(async () =>
            {
                while (await from.ReadAsync(buffer) is > 0 and int read)
                {
                    if (corrupt >= done && corrupt < done + read) buffer[corrupt - done] ^= flip;
                    done += read;
                    await to.WriteAsync(buffer.AsMemory(0, read));
                }
            });
            to.Dispose();
        }
    });

    private async Task RunAsync(int count, Func<FrameMutator, int, Task> attempt)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            try
            {
                await attempt(new FrameMutator(seed + i), i);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, attempt {i}: {e.Message}", e);
            }
        });
        output.WriteLine($"{count} attempts in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    /// <summary>The hostile side may be cut off at any time.</summary>
    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or InvalidOperationException or ObjectDisposedException)
        {
        }
    }
}
