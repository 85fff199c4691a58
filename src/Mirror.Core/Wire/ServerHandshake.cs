using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>
/// The server's side of TLS and of the mutual proof (docs/protocol.md sections 1 and 3). Whatever a stranger sends, it hears CHALLENGE or nothing:
/// a wrong proof, an unknown right and a malformed HELLO cost the same work and end in the same silent close. One instance serves all
/// connections, from any thread.
/// </summary>
public sealed class ServerHandshake(Secret master, ServerCertificate certificate, HandshakeOptions? options = null, Secret? former = null)
{
    private readonly Secret _master = Master(master);
    // While secrets are changed: a second master, whose clients are still taken. Without one the present one stands here too, so that the work is always the same.
    private readonly Secret _former = Master(former ?? master);

    private readonly HandshakeOptions _options = options ?? new HandshakeOptions();
    private readonly FrameValidator _validator = new(FrameSender.Client);

    /// <summary>Makes an accepted stream into a proved connection, which then owns it; on failure it is closed.</summary>
    /// <exception cref="HandshakeException">For the log; the peer learns nothing.</exception>
    public async Task<AuthenticatedConnection> RunAsync(Stream transport, EndPoint? remote, CancellationToken cancellation)
    {
        var gathering = new GatheringStream(transport);
        var metered = new MeteredStream(gathering, HandshakeTls.MaxUnprovenBytes);
        var tls = new SslStream(metered, leaveInnerStreamOpen: false);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(_options.TimeLimit);
        bool proved = false;
        try
        {
            await HandshakeTls.AuthenticateAsync(tls.AuthenticateAsServerAsync(HandshakeTls.ForServer(certificate), time.Token)).ConfigureAwait(false);
            AuthenticatedConnection connection = await ProveAsync(tls, metered, remote, time.Token).ConfigureAwait(false);
            metered.ReadLimit = long.MaxValue;
            gathering.Begin();
            proved = true;
            return connection;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HandshakeException(HandshakeFailure.TimedOut, $"{remote} did not prove itself within {_options.TimeLimit.TotalSeconds:0.#} s.");
        }
        catch (ProtocolException e)
        {
            throw new HandshakeException(HandshakeFailure.Malformed, $"{remote}: {e.Message}", e);
        }
        catch (AuthenticationException e)
        {
            throw new HandshakeException(HandshakeFailure.Tls, $"{remote} does not speak TLS 1.3 as it should: {e.Message}", e);
        }
        catch (Exception e) when (e is (IOException and not HandshakeException) or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            throw new HandshakeException(HandshakeFailure.Disconnected, $"{remote} closed the connection before its proof: {e.Message}", e);
        }
        finally
        {
            if (!proved) tls.Dispose();
        }
    }

    private async Task<AuthenticatedConnection> ProveAsync(SslStream tls, MeteredStream metered, EndPoint? remote, CancellationToken cancellation)
    {
        // Exactly the bytes of HELLO and PROOF are read, at most 148, so what is read inside TLS stays far under the limit of 512.
        byte[] hello = new byte[HelloMessage.MaxSize];
        await tls.ReadExactlyAsync(hello.AsMemory(0, HelloMessage.HeadSize), cancellation).ConfigureAwait(false);
        HelloMessage asked;
        try
        {
            // A wrong magic is refused now: what follows it has no length to go by.
            HelloMessage.CheckMagic(hello);
            int size = HelloMessage.Measure(hello.AsSpan(0, HelloMessage.HeadSize));
            await tls.ReadExactlyAsync(hello.AsMemory(HelloMessage.HeadSize, size - HelloMessage.HeadSize), cancellation).ConfigureAwait(false);
            hello = hello[..size];
            asked = HelloMessage.Decode(hello, _validator);
        }
        catch (ProtocolException e)
        {
            throw await RefuseAsync(HandshakeFailure.Malformed, $"{remote}: {e.Message}", cancellation).ConfigureAwait(false);
        }

        ushort version = Math.Min(asked.HighestVersion, _options.HighestVersion);
        if (version < Math.Max(asked.LowestVersion, _options.LowestVersion)) version = 0;
        var challenge = new ChallengeMessage(version, _options.Features, Bytes32.Random());
        byte[] challengeBytes = new byte[ChallengeMessage.Size];
        challenge.Encode(challengeBytes);
        await tls.WriteAsync(challengeBytes, cancellation).ConfigureAwait(false);
        if (version == 0)
            throw new HandshakeException(HandshakeFailure.Version, $"{remote} speaks versions {asked.LowestVersion} to {asked.HighestVersion} of the protocol, this server {_options.LowestVersion} to {_options.HighestVersion}.");

        byte[] proof = new byte[ProofMessage.Size];
        await tls.ReadExactlyAsync(proof, cancellation).ConfigureAwait(false);
        byte[] key = _master.ForClient(asked.Volume, asked.Right).ProofKey(), formerKey = _former.ForClient(asked.Volume, asked.Right).ProofKey();
        var shown = new Bytes32(proof.AsSpan(1));
        bool wellFormed = proof[0] == (byte)MessageType.Proof;
        bool present = HandshakeProof.Same(HandshakeProof.OfClient(key, certificate.Hash, hello, challengeBytes), shown);
        bool before = HandshakeProof.Same(HandshakeProof.OfClient(formerKey, certificate.Hash, hello, challengeBytes), shown);
        bool right = present | before;
        if (!present) key = formerKey;
        if (!(wellFormed & right))
            throw await RefuseAsync(HandshakeFailure.ProofRefused, $"{remote} has a wrong secret for volume '{asked.Volume}' with right '{Secret.RightWord(asked.Right)}'.", cancellation, worked: true).ConfigureAwait(false);

        byte[] answer = new byte[ProvedMessage.Size];
        new ProvedMessage(HandshakeProof.OfServer(key, certificate.Hash, hello, challengeBytes)).Encode(answer);
        await tls.WriteAsync(answer, cancellation).ConfigureAwait(false);
        return new AuthenticatedConnection(tls, metered, asked.Volume, asked.Right, version, challenge.Features & asked.Features, remote) { IsFormerSecret = !present };
    }

    /// <summary>Does the work of a proof unless it was done, waits out the delay, and gives the exception to throw.</summary>
    private async Task<HandshakeException> RefuseAsync(HandshakeFailure failure, string message, CancellationToken cancellation, bool worked = false)
    {
        long start = Stopwatch.GetTimestamp();
        if (!worked)
        {
            foreach (Secret one in (ReadOnlySpan<Secret>)[_master, _former])
            {
                byte[] key = one.ForClient("nobody", MirrorRight.Mirror).ProofKey();
                HandshakeProof.Same(HandshakeProof.OfClient(key, certificate.Hash, new byte[HelloMessage.MaxSize], new byte[ChallengeMessage.Size]), Bytes32.Random());
            }
        }
        // The timer is coarse and may be early by its step.
        while (Stopwatch.GetElapsedTime(start) < _options.RefusalDelay) await Task.Delay(_options.RefusalDelay, cancellation).ConfigureAwait(false);
        return new HandshakeException(failure, message);
    }

    private static Secret Master(Secret secret) => secret.Kind == SecretKind.Master ? secret : throw new SecretException($"The server needs the master secret; this is a {secret}.");
}
