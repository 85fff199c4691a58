using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mirror.Core.Blocks;
using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Core.Wire;
using Mirror.Driver.Disks;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>Strangers at the server's door while a mirror is live under load: each is refused within the limit, learns nothing, and the mirror does not notice.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class HostileTests(ITestOutputHelper output)
{
    /// <summary>From accept to PROVED (docs/protocol.md section 1), and what a loaded machine may add.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    [SkippableFact]
    public async Task Strangers_are_refused_and_learn_nothing_and_the_live_mirror_does_not_notice()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 64 << 20);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        MirrorStatus before = (await rig.ClientStatusAsync())!;
        using (FioLoad load = FioLoad.Start(disk.Path, 2 << 20, 7))
        using (var over = new CancellationTokenSource())
        {
            Task<int> watch = WatchAsync(rig, before.Connections, over.Token);
            await Task.WhenAll(
                WrongSecretAndUnknownVolumeAsync(rig),
                RestoreOfAnUnknownVolumeAsync(rig),
                SilentAsync(rig),
                SilentInsideTlsAsync(rig),
                DripAsync(rig, insideTls: false),
                DripAsync(rig, insideTls: true),
                GarbageAsync(rig),
                GarbageInsideTlsAsync(rig),
                ReplayedHandshakeAsync(rig),
                ReplayedBytesAsync(rig),
                RelayWithItsOwnCertificateAsync(rig));
            await FloodAsync(rig);
            await AnotherDiskAsync(rig, disk.Path);
            Assert.True(load.Runs, load.Log);
            await over.CancelAsync();
            output.WriteLine($"Live at each of {await watch} looks");
        }
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        MirrorStatus after = (await rig.ClientStatusAsync())!;
        Assert.Equal((before.Scans, before.Connections), (after.Scans, after.Connections));
        Assert.Equal([rig.Volume], Directory.GetDirectories(rig.Store).Select(Path.GetFileName));
    }

    [SkippableFact]
    public async Task A_second_good_connection_replaces_the_first()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 64 << 20);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        MirrorStatus before = (await rig.ClientStatusAsync())!;
        string incarnation = rig.Incarnation();
        using (FioLoad.Start(disk.Path, 2 << 20, 8))
        {
            using AuthenticatedConnection second = await ConnectAsync(rig, Genuine(rig), rig.Volume);
            using var reader = await IdentifyAsync(rig, second, disk.Path, null);
            Assert.Equal(MessageType.Welcome, await reader.ReadAsync(Soon()));
            WelcomeMessage welcome = reader.Message<WelcomeMessage>();
            Assert.Equal(incarnation, welcome.Incarnation.ToString());
            // The first comes back, and takes over in its turn; the second is told, or finds its connection closed.
            MessageType told = await ToldAsync(reader);
            output.WriteLine($"the second was told {told}");
            await rig.WaitForAsync(s => s.State == MirrorState.Live && s.Connections > before.Connections, "Live on a new connection");
        }
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        Assert.Equal(before.Scans, (await rig.ClientStatusAsync())!.Scans);
        Assert.Equal(incarnation, rig.Incarnation());
    }

    private static async Task<int> WatchAsync(ProcessRig rig, long connections, CancellationToken over)
    {
        int looks = 0;
        while (!over.IsCancellationRequested)
        {
            MirrorStatus? status = await rig.ClientStatusAsync();
            if (status is not null)
            {
                Assert.True(status.State == MirrorState.Live && status.Connections == connections, $"The live mirror was disturbed: {status}\n{rig.Client!.Log}");
                looks++;
            }
            await Task.Delay(50, CancellationToken.None);
        }
        Assert.True(looks > 10);
        return looks;
    }

    // Both ends alike: the same failure, and neither of them leaves anything in the store.
    private static async Task WrongSecretAndUnknownVolumeAsync(ProcessRig rig)
    {
        Secret wrong = Secret.NewMaster();
        foreach (string volume in new[] { rig.Volume, "unknown-" + Guid.NewGuid().ToString("N")[..8] })
        {
            var clock = Stopwatch.StartNew();
            HandshakeException refused = await Assert.ThrowsAsync<HandshakeException>(() => ConnectAsync(rig, wrong, volume));
            Assert.Equal(HandshakeFailure.ProofRefused, refused.Failure);
            Assert.True(clock.Elapsed < Limit);
        }
    }

    private static async Task RestoreOfAnUnknownVolumeAsync(ProcessRig rig)
    {
        string volume = "unknown-" + Guid.NewGuid().ToString("N")[..8];
        IPEndPoint server = IPEndPoint.Parse(rig.Listen);
        using AuthenticatedConnection connection = await new Connector(server.Address.ToString(), server.Port, Genuine(rig), volume, MirrorRight.Restore).ConnectAsync(Soon());
        using var reader = new FrameReader(connection.Stream, new FrameValidator(FrameSender.Server) { VolumeSectors = 1 }, new PayloadPool(1));
        Assert.Equal(MessageType.Refused, await reader.ReadAsync(Soon()));
        Assert.Equal(RefusalCode.NotFound, reader.Message<RefusedMessage>().Code);
    }

    private static async Task SilentAsync(ProcessRig rig)
    {
        using TcpClient tcp = await DialAsync(rig);
        Assert.Equal(0, await ReadToEndAsync(tcp.GetStream()));
    }

    private static async Task SilentInsideTlsAsync(ProcessRig rig)
    {
        using TcpClient tcp = await DialAsync(rig);
        await using SslStream tls = await TlsAsync(tcp);
        Assert.Equal(0, await ReadToEndAsync(tls));
    }

    private static async Task DripAsync(ProcessRig rig, bool insideTls)
    {
        using TcpClient tcp = await DialAsync(rig);
        await using Stream stream = insideTls ? await TlsAsync(tcp) : tcp.GetStream();
        // A TLS record that says it is a ClientHello of 508 bytes; or a good HELLO. Either way byte after byte.
        byte[] bytes = insideTls ? Hello(rig.Volume) : [0x16, 3, 1, 1, 0xFC, 1, 0, 1, 0xF8, 3, 3, .. new byte[200]];
        Task<int> closed = ReadToEndAsync(stream);
        try
        {
            for (int i = 0; !closed.IsCompleted; i++)
            {
                await stream.WriteAsync(bytes.AsMemory(Math.Min(i, bytes.Length - 2), 1));
                await stream.FlushAsync();
                await Task.WhenAny(closed, Task.Delay(250));
            }
        }
        catch (IOException)
        {
            // Closed while a byte was on its way.
        }
        Assert.Equal(0, await closed);
    }

    private static async Task GarbageAsync(ProcessRig rig)
    {
        for (int i = 0; i < 10; i++)
        {
            using TcpClient tcp = await DialAsync(rig);
            await WriteAnywayAsync(tcp.GetStream(), RandomNumberGenerator.GetBytes(2000));
            // A TLS alert at most.
            Assert.InRange(await ReadToEndAsync(tcp.GetStream()), 0, 32);
        }
    }

    private static async Task GarbageInsideTlsAsync(ProcessRig rig)
    {
        for (int i = 0; i < 10; i++)
        {
            using TcpClient tcp = await DialAsync(rig);
            await using SslStream tls = await TlsAsync(tcp);
            byte[] garbage = RandomNumberGenerator.GetBytes(i < 5 ? 600 : 4 << 20);
            // Sometimes it begins as it should.
            if (i % 2 == 1) Hello(rig.Volume).CopyTo(garbage, 0);
            _ = WriteAnywayAsync(tls, garbage);
            Assert.InRange(await ReadToEndAsync(tls), 0, ChallengeMessage.Size);
        }
    }

    // What was said inside TLS, by somebody who knows the secret, said again by somebody who only heard it.
    private static async Task ReplayedHandshakeAsync(ProcessRig rig)
    {
        byte[] hello = Hello(rig.Volume);
        byte[] proof = new byte[ProofMessage.Size];
        using (TcpClient tcp = await DialAsync(rig))
        {
            byte[]? certificate = null;
            await using SslStream tls = await TlsAsync(tcp, c => certificate = SHA256.HashData(c.GetRawCertData()));
            await tls.WriteAsync(hello);
            byte[] challenge = new byte[ChallengeMessage.Size];
            await tls.ReadExactlyAsync(challenge, Soon());
            byte[] key = Genuine(rig).ForClient(rig.Volume, MirrorRight.Mirror).ProofKey();
            new ProofMessage(HandshakeProof.OfClient(key, certificate!, hello, challenge)).Encode(proof);
            await tls.WriteAsync(proof);
            byte[] proved = new byte[ProvedMessage.Size];
            await tls.ReadExactlyAsync(proved, Soon()); // the recording is a good one
        }
        for (int i = 0; i < 3; i++)
        {
            using TcpClient tcp = await DialAsync(rig);
            await using SslStream tls = await TlsAsync(tcp);
            await tls.WriteAsync(hello);
            await tls.ReadExactlyAsync(new byte[ChallengeMessage.Size], Soon());
            await tls.WriteAsync(proof);
            Assert.Equal(0, await ReadToEndAsync(tls));
        }
    }

    // The bytes of a whole session as they went over the wire, sent again.
    private static async Task ReplayedBytesAsync(ProcessRig rig)
    {
        using var recorded = new MemoryStream();
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task recording = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(Soon());
            using TcpClient server = await DialAsync(rig);
            await Task.WhenAny(PumpAsync(client.GetStream(), server.GetStream(), recorded), PumpAsync(server.GetStream(), client.GetStream(), null));
        });
        IPEndPoint through = (IPEndPoint)listener.LocalEndpoint;
        using (await new Connector(through.Address.ToString(), through.Port, Genuine(rig), "unknown-" + Guid.NewGuid().ToString("N")[..8], MirrorRight.Restore).ConnectAsync(Soon()))
        {
            // Proved: the whole handshake is recorded.
        }
        await recording;
        listener.Dispose();
        using TcpClient again = await DialAsync(rig);
        await WriteAnywayAsync(again.GetStream(), recorded.ToArray());
        // The server's side of TLS, whose keys nobody here has, and nothing more.
        Assert.InRange(await ReadToEndAsync(again.GetStream()), 0, 4096);
    }

    // In between, with a certificate of its own towards the client: sees the proof, and neither side goes on.
    private static async Task RelayWithItsOwnCertificateAsync(ProcessRig rig)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=DiskMirror", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var fromClient = new MemoryStream();
        using var fromServer = new MemoryStream();
        Task between = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(Soon());
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = made, EnabledSslProtocols = SslProtocols.Tls13 }, Soon());
            using TcpClient server = await DialAsync(rig);
            await using SslStream onward = await TlsAsync(server);
            Task up = PumpAsync(tls, onward, fromClient), down = PumpAsync(onward, tls, fromServer);
            await Task.WhenAny(up, down); // the server hangs up
        });
        IPEndPoint trap = (IPEndPoint)listener.LocalEndpoint;
        var clock = Stopwatch.StartNew();
        HandshakeException caught = await Assert.ThrowsAsync<HandshakeException>(() =>
            new Connector(trap.Address.ToString(), trap.Port, Genuine(rig), rig.Volume, MirrorRight.Mirror).ConnectAsync(Soon()));
        Assert.Contains(caught.Failure, new[] { HandshakeFailure.ProofRefused, HandshakeFailure.ServerNotProved });
        Assert.True(clock.Elapsed < Limit);
        await between;
        // HELLO and PROOF in, CHALLENGE out; no PROVED, no IDENTIFY, nothing of the disk.
        Assert.Equal(Hello(rig.Volume).Length + ProofMessage.Size, fromClient.Length);
        Assert.Equal(ChallengeMessage.Size, fromServer.Length);
    }

    // More silent connections than there are places; who has the secret still gets in.
    private static async Task FloodAsync(ProcessRig rig)
    {
        var silent = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 200; i++) silent.Add(await DialAsync(rig));
            int proved = 0;
            for (int i = 0; i < 5 && proved == 0; i++)
            {
                try
                {
                    IPEndPoint server = IPEndPoint.Parse(rig.Listen);
                    using AuthenticatedConnection good = await new Connector(server.Address.ToString(), server.Port, Genuine(rig), "unknown-" + i, MirrorRight.Restore).ConnectAsync(Soon());
                    proved++;
                }
                catch (IOException)
                {
                    // A random unproven one is closed when all places are taken; it may have been this one.
                }
            }
            Assert.Equal(1, proved);
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }
    }

    // With the secret, but another disk: refused, and the connection that is there stays.
    private static async Task AnotherDiskAsync(ProcessRig rig, string disk)
    {
        using AuthenticatedConnection connection = await ConnectAsync(rig, Genuine(rig), rig.Volume);
        using FrameReader reader = await IdentifyAsync(rig, connection, disk, "serial=another");
        Assert.Equal(MessageType.Refused, await reader.ReadAsync(Soon()));
        Assert.Equal(RefusalCode.WrongDisk, reader.Message<RefusedMessage>().Code);
    }

    private static Secret Genuine(ProcessRig rig) => Secret.Parse(File.ReadAllText(rig.MasterFile).Trim());

    private static Task<AuthenticatedConnection> ConnectAsync(ProcessRig rig, Secret secret, string volume)
    {
        IPEndPoint server = IPEndPoint.Parse(rig.Listen);
        return new Connector(server.Address.ToString(), server.Port, secret, volume, MirrorRight.Mirror).ConnectAsync(Soon());
    }

    private static async Task<FrameReader> IdentifyAsync(ProcessRig rig, AuthenticatedConnection connection, string disk, string? otherIdentity)
    {
        using DirectDisk real = DirectDisk.Open(disk);
        Guid client = Guid.Parse(File.ReadAllText(Path.Combine(rig.StateDirectory, "client-id")).Trim());
        var identify = new IdentifyMessage(IdentifyFlags.None, real.SizeBytes >> Units.SectorShift, real.LogicalBlockBytes, Units.DefaultGranuleBytes,
            real.Identity.Machine, client, otherIdentity ?? real.Identity.Text, "second");
        byte[] bytes = new byte[identify.EncodedBytes];
        identify.Encode(bytes);
        await connection.Stream.WriteAsync(bytes, Soon());
        return new FrameReader(connection.Stream, new FrameValidator(FrameSender.Server) { VolumeSectors = real.SizeBytes >> Units.SectorShift }, new PayloadPool(1));
    }

    private static async Task<MessageType> ToldAsync(FrameReader reader)
    {
        try
        {
            while (true)
            {
                MessageType type = await reader.ReadAsync(Soon());
                if (type == MessageType.None) return type;
                if (type != MessageType.Refused) continue;
                Assert.Equal(RefusalCode.Replaced, reader.Message<RefusedMessage>().Code);
                return type;
            }
        }
        catch (IOException)
        {
            return MessageType.None;
        }
    }

    private static byte[] Hello(string volume)
    {
        var hello = new HelloMessage(1, 1, 0, MirrorRight.Mirror, volume, Bytes32.Random());
        byte[] bytes = new byte[hello.EncodedBytes];
        hello.Encode(bytes);
        return bytes;
    }

    private static async Task<TcpClient> DialAsync(ProcessRig rig)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPEndPoint.Parse(rig.Listen), Soon());
        tcp.NoDelay = true;
        return tcp;
    }

    private static async Task<SslStream> TlsAsync(TcpClient tcp, Action<X509Certificate>? seen = null)
    {
        var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "server",
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen?.Invoke(certificate!);
                return true;
            },
        }, Soon());
        return tls;
    }

    /// <summary>Reads until the server closes, which it must within the limit.</summary>
    /// <returns>How many bytes came before.</returns>
    private static async Task<int> ReadToEndAsync(Stream stream)
    {
        using var late = new CancellationTokenSource(Limit + Grace);
        byte[] buffer = new byte[16 << 10];
        int total = 0;
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, late.Token)) > 0) total += read;
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The server kept the connection for over {Limit + Grace}.");
        }
        return total;
    }

    private static async Task WriteAnywayAsync(Stream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes, Soon());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It need not listen to the end.
        }
    }

    private static async Task PumpAsync(Stream from, Stream to, MemoryStream? copy)
    {
        byte[] buffer = new byte[16 << 10];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, Soon())) > 0)
            {
                copy?.Write(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), Soon());
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has closed.
        }
    }

    private static CancellationToken Soon() => new CancellationTokenSource(Limit + Grace).Token;
}
