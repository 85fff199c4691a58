using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

/// <summary>A server's secret and certificate, real handshakes in memory, and attackers that speak TLS by themselves.</summary>
internal sealed class HandshakeFixture : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public Secret Master { get; } = Secret.NewMaster();

    public ServerCertificate Certificate { get; } = ServerCertificate.Create();

    public HandshakeOptions ServerOptions { get; init; } = new();

    /// <summary>The master of before, where secrets are being changed.</summary>
    public Secret? Former { get; init; }

    public ServerHandshake Server => new(Master, Certificate, ServerOptions, Former);

    public void Dispose() => Certificate.Dispose();

    /// <summary>A secret whose head says one thing and whose bytes were derived for another.</summary>
    public static Secret Forge(Secret bytesOf, string volume, MirrorRight right)
    {
        string text = bytesOf.ToText();
        string body = $"dm1-client-{volume}-{Secret.RightWord(right)}-{text[^73..^9]}";
        return Secret.Parse($"{body}-{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(body)))[..8]}");
    }

    /// <summary>Runs both real sides against each other; each gives its connection or its exception.</summary>
    public async Task<(object Client, object Server)> RunAsync(Secret secret, string volume, MirrorRight right, HandshakeOptions? clientOptions = null)
    {
        (DuplexStream c, DuplexStream s) = DuplexStream.Pair();
        Task<object> server = Outcome(() => Server.RunAsync(s, null, default));
        object client = await Outcome(() => ClientHandshake.RunAsync(c, secret, volume, right, null, clientOptions, default)).WaitAsync(Deadline);
        if (client is Exception) c.Dispose();
        return (client, await server.WaitAsync(Deadline));
    }

    /// <summary>The result, or the handshake's exception. Anything else is a failure of the test.</summary>
    public static async Task<object> Outcome(Func<Task<AuthenticatedConnection>> run)
    {
        await Task.Yield();
        try
        {
            return await run();
        }
        catch (Exception e) when (e is HandshakeException or SecretException)
        {
            return e;
        }
    }

    /// <summary>TLS as a client, by an attacker.</summary>
    public static async Task<SslStream> TlsClientAsync(Stream transport, SslProtocols protocols = SslProtocols.Tls13, Action<byte[]>? certificate = null)
    {
        var tls = new SslStream(transport);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "x",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, c, _, _) =>
            {
                certificate?.Invoke(SHA256.HashData(c!.GetRawCertData()));
                return true;
            },
        }).WaitAsync(Deadline);
        return tls;
    }

    /// <summary>TLS as a server, by an attacker.</summary>
    public static async Task<SslStream> TlsServerAsync(Stream transport, ServerCertificate certificate)
    {
        var tls = new SslStream(transport);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Context, EnabledSslProtocols = SslProtocols.Tls13 }).WaitAsync(Deadline);
        return tls;
    }

    /// <summary>Everything that comes until the end or an error.</summary>
    public static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        using var time = new CancellationTokenSource(Deadline);
        try
        {
            while (await stream.ReadAsync(buffer, time.Token) is > 0 and int read) all.Write(buffer, 0, read);
        }
        catch (IOException)
        {
        }
        return all.ToArray();
    }
}
