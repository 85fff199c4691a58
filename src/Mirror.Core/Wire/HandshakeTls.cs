using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>The TLS settings of docs/protocol.md section 1: version 1.3 only, no resumption, no client certificate, any server certificate.</summary>
internal static class HandshakeTls
{
    /// <summary>The most bytes below TLS that a peer may send before its proof; a ClientHello, a Finished and the proof need less than 4 KiB.</summary>
    public const int MaxUnprovenBytes = 64 * 1024;

    /// <summary>
    /// In this order. AES-128, TLS 1.3's mandatory one, goes first: the key exchange and the certificate's curve are of that strength too, and sealing
    /// and opening, a fifth of a first copy's work, is 7 % faster (OpenSSL 3.0, 16 KiB). Windows has only its own order.
    /// </summary>
    public static readonly CipherSuitesPolicy? Suites = OperatingSystem.IsWindows() ? null
        : new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256]);

    public static SslServerAuthenticationOptions ForServer(ServerCertificate certificate) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = SslProtocols.Tls13,
        CipherSuitesPolicy = Suites,
        AllowTlsResume = false,
        AllowRenegotiation = false,
        ClientCertificateRequired = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    /// <param name="seen">Is given the certificate that the peer showed.</param>
    public static SslClientAuthenticationOptions ForClient(Action<X509Certificate> seen) => new()
    {
        TargetHost = "diskmirror",
        EnabledSslProtocols = SslProtocols.Tls13,
        CipherSuitesPolicy = Suites,
        AllowTlsResume = false,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // The certificate is a stranger's until the proof: nothing that it names may be fetched.
        CertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            VerificationFlags = X509VerificationFlags.AllFlags,
        },
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            if (certificate is null) return false;
            seen(certificate);
            return true;
        },
    };

    /// <summary>Awaits .NET's side of the handshake. Its parser lets some wrong lengths of a peer's hello out as an exception of its own arguments (seen with .NET 10.0).</summary>
    /// <exception cref="AuthenticationException">The peer does not speak TLS.</exception>
    public static async Task AuthenticateAsync(Task handshake)
    {
        try
        {
            await handshake.ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new AuthenticationException("a length in its hello is wrong", e);
        }
    }
}
