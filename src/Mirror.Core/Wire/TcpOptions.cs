using System.Buffers.Binary;
using System.Net.Sockets;

namespace Mirror.Core.Wire;

/// <summary>The TCP options of docs/protocol.md section 1.</summary>
internal static class TcpOptions
{
    /// <summary>How long sent data may stay unacknowledged before the system gives the connection up (TCP_USER_TIMEOUT).</summary>
    public static readonly TimeSpan UserTimeout = TimeSpan.FromSeconds(20);

    private const int LinuxTcpLevel = 6;            // IPPROTO_TCP
    private const int LinuxTcpUserTimeout = 18;     // TCP_USER_TIMEOUT, linux/tcp.h

    /// <summary>Sets what the platform has.</summary>
    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> milliseconds = stackalloc byte[sizeof(int)];
        if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteInt32LittleEndian(milliseconds, (int)UserTimeout.TotalMilliseconds);
        else BinaryPrimitives.WriteInt32BigEndian(milliseconds, (int)UserTimeout.TotalMilliseconds);
        socket.SetRawSocketOption(LinuxTcpLevel, LinuxTcpUserTimeout, milliseconds);
    }
}
