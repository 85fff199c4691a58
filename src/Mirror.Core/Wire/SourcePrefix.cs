using System.Net;
using System.Net.Sockets;

namespace Mirror.Core.Wire;

/// <summary>The part of an address that one attacker is taken to own: IPv4 /24, IPv6 /56.</summary>
internal readonly record struct SourcePrefix(bool V6, ulong Bits)
{
    private const int V4Bits = 24;
    private const int V6Bits = 56;

    /// <summary>The prefix of an address; an IPv4 address inside IPv6 counts as IPv4.</summary>
    public static SourcePrefix Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out _)) throw new ArgumentException("No such address.", nameof(address));
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        ulong bits = 0;
        foreach (byte b in bytes[..((v6 ? V6Bits : V4Bits) / 8)]) bits = bits << 8 | b;
        return new SourcePrefix(v6, bits);
    }
}
