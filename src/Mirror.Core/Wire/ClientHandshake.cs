using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>The client's side of TLS and of the mutual proof (docs/protocol.md sections 1 and 3).</summary>
public static class ClientHandshake
{
    /// <summary>Makes a connected stream into a proved connection, which then owns it; on failure it is closed.</summary>
    /// <param name="transport">The connected socket's stream.</param>
    /// <param name="secret">A client secret for this volume and right, or the master, from which one is derived.</param>
    /// <param name="volume">The volume asked for.</param>
    /// <param name="right">The right asked for.</param>
    /// <param name="remote">The server's address, for messages.</param>
    /// <param name="options">Versions and time limit; the document's when null.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="HandshakeException">Says which step failed and what to look at.</exception>
    /// <exception cref="SecretException">The secret is for another volume or right.</exception>
    public static async Task<AuthenticatedConnection> RunAsync(
        Stream transport, Secret secret, string volume, MirrorRight right, EndPoint? remote, HandshakeOptions? options, CancellationToken cancellation)
    {
        options ??= new HandshakeOptions();
        var gathering = new GatheringStream(transport);
        var metered = new MeteredStream(gathering, HandshakeTls.MaxUnprovenBytes);
        var tls = new SslStream(metered, leaveInnerStreamOpen: false);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(options.TimeLimit);
        bool proved = false;
        string server = remote is null ? "The server" : $"The server at {remote}";
        bool proofSent = false;
        try
        {
            byte[] key = secret.ForClient(volume, right).ProofKey();
            byte[]? certificateHash = null;
            await HandshakeTls.AuthenticateAsync(tls.AuthenticateAsClientAsync(HandshakeTls.ForClient(c => certificateHash = SHA256.HashData(c.GetRawCertData())), time.Token)).ConfigureAwait(false);
            if (certificateHash is null) throw new HandshakeException(HandshakeFailure.Tls, $"{server} showed no certificate.");

            var hello = new HelloMessage(options.LowestVersion, options.HighestVersion, options.Features, right, volume, Bytes32.Random());
            byte[] helloBytes = new byte[hello.EncodedBytes];
            hello.Encode(helloBytes);
            await tls.WriteAsync(helloBytes, time.Token).ConfigureAwait(false);

            byte[] challengeBytes = new byte[ChallengeMessage.Size];
            await tls.ReadExactlyAsync(challengeBytes, time.Token).ConfigureAwait(false);
            ChallengeMessage challenge = ChallengeMessage.Decode(challengeBytes, Validator);
            if (challenge.Version == 0)
                throw new HandshakeException(HandshakeFailure.Version, $"{server} speaks no version of the protocol that this client speaks ({options.LowestVersion} to {options.HighestVersion}). Install the same release on both.");
            if (challenge.Version < options.LowestVersion || challenge.Version > options.HighestVersion)
                throw new ProtocolException(MessageType.Challenge, $"version {challenge.Version}, which was not offered");

            byte[] proof = new byte[ProofMessage.Size];
            new ProofMessage(HandshakeProof.OfClient(key, certificateHash, helloBytes, challengeBytes)).Encode(proof);
            proofSent = true;
            await tls.WriteAsync(proof, time.Token).ConfigureAwait(false);

            byte[] provedBytes = new byte[ProvedMessage.Size];
            await tls.ReadExactlyAsync(provedBytes, time.Token).ConfigureAwait(false);
            Bytes32 expected = HandshakeProof.OfServer(key, certificateHash, helloBytes, challengeBytes);
            if (!HandshakeProof.Same(expected, ProvedMessage.Decode(provedBytes, Validator).Value))
                throw new HandshakeException(HandshakeFailure.ServerNotProved, $"{server} does not know the secret of volume '{volume}', or something in between opens the connection. Nothing was sent to it.");

            metered.ReadLimit = long.MaxValue;
            gathering.Begin();
            proved = true;
            return new AuthenticatedConnection(tls, metered, volume, right, challenge.Version, challenge.Features & options.Features, remote);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HandshakeException(HandshakeFailure.TimedOut, $"{server} did not answer within {options.TimeLimit.TotalSeconds:0.#} s.");
        }
        catch (ProtocolException e)
        {
            throw new HandshakeException(HandshakeFailure.Malformed, $"{server} answers, but not as DiskMirror does ({e.Message}) Check the address and the port.", e);
        }
        catch (AuthenticationException e)
        {
            throw new HandshakeException(HandshakeFailure.Tls, $"{server} and this client could not agree on TLS 1.3. Check the address and the port. ({e.Message})", e);
        }
        catch (Exception e) when (e is (IOException and not HandshakeException) or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // A server that does not accept the proof closes without a word.
            throw proofSent
                ? new HandshakeException(HandshakeFailure.ProofRefused, $"{server} did not accept the secret for volume '{volume}' with right '{Secret.RightWord(right)}'. "
                    + "Check that it was derived from that server's master secret, for just this volume and right.", e)
                : new HandshakeException(HandshakeFailure.Disconnected, $"{server} closed the connection: {e.Message}", e);
        }
        finally
        {
            if (!proved) tls.Dispose();
        }
    }

    private static FrameValidator Validator { get; } = new(FrameSender.Server);
}
