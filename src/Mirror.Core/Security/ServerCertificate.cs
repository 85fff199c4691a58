using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mirror.Core.Security;

/// <summary>
/// The server's self-made certificate (ECDSA P-256), made once at start and never stored. It proves nothing by itself: the mutual proof
/// binds its hash (docs/protocol.md section 3).
/// </summary>
public sealed class ServerCertificate : IDisposable
{
    private readonly X509Certificate2 _certificate;

    private ServerCertificate(X509Certificate2 certificate)
    {
        _certificate = certificate;
        Hash = SHA256.HashData(certificate.RawData);
        Context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>SHA-256 of the DER bytes.</summary>
    internal byte[] Hash { get; }

    /// <summary>The certificate as TLS takes it.</summary>
    internal SslStreamCertificateContext Context { get; }

    /// <summary>Makes a new key pair and certificate.</summary>
    public static ServerCertificate Create()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=diskmirror", key, HashAlgorithmName.SHA256);
        // Nobody looks at the dates; wide ones so that no clock matters.
        X509Certificate2 certificate = request.CreateSelfSigned(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2049, 12, 31, 0, 0, 0, TimeSpan.Zero));
        return new ServerCertificate(certificate);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();
}
