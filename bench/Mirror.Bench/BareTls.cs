using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mirror.Core.Wire;

namespace Mirror.Bench;

/// <summary>
/// What .NET itself moves through one TLS 1.3 stream between two processes in writes of 1 MiB, with the cipher suites of a mirror: nothing is read from or written
/// to a disk.
/// </summary>
internal static class BareTls
{
    private const int WriteBytes = 1 << 20;

    public static int Receive(int port)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        using TcpClient peer = listener.AcceptTcpClient();
        using var tls = new SslStream(peer.GetStream());
        tls.AuthenticateAsServer(new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = SslProtocols.Tls13, CipherSuitesPolicy = HandshakeTls.Suites });
        byte[] buffer = new byte[WriteBytes];
        long received = 0;
        for (int got; (got = tls.Read(buffer)) > 0;) received += got;
        Console.WriteLine($"received={received}");
        return 0;
    }

    public static int Send(int port, long bytes)
    {
        using var peer = new TcpClient { NoDelay = true };
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                peer.Connect(IPAddress.Loopback, port);
                break;
            }
            catch (SocketException) when (attempt < 100)
            {
                Thread.Sleep(50);
            }
        }
        using var tls = new SslStream(peer.GetStream(), false, (_, _, _, _) => true);
        tls.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = "bench", EnabledSslProtocols = SslProtocols.Tls13, CipherSuitesPolicy = HandshakeTls.Suites });
        byte[] buffer = new byte[WriteBytes];
        Random.Shared.NextBytes(buffer);
        var clock = Stopwatch.StartNew();
        for (long sent = 0; sent < bytes; sent += buffer.Length) tls.Write(buffer);
        tls.ShutdownAsync().Wait();
        while (tls.Read(buffer) > 0) { }
        Console.WriteLine($"seconds={clock.Elapsed.TotalSeconds:f3} cipher={tls.NegotiatedCipherSuite}");
        return 0;
    }
}
