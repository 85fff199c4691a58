using System.Globalization;
using System.Net;

namespace Mirror.Cli.Services;

/// <summary>Reads where a server is, and where it listens.</summary>
internal static class HostPort
{
    /// <summary>Reads <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static (string Host, int Port) Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        if (host is ['[', .., ']']) host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal)) host = "";
        bool sound = host.Length > 0 && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535;
        return sound ? (host, int.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture))
            : throw new UsageException($"'{text}' does not say where the server is. Write HOST:PORT, for instance backup.example.net:7410 or [2001:db8::1]:7410.");
    }

    /// <summary>Reads <c>address:port</c>; <c>*</c> is every address, and port 0 lets the system choose.</summary>
    /// <exception cref="UsageException">It is not that.</exception>
    public static IPEndPoint ParseListen(string text)
    {
        string address = text.StartsWith("*:", StringComparison.Ordinal) ? "[::]" + text[1..] : text;
        int colon = address.LastIndexOf(':');
        // Without this, the end of a bare IPv6 address would pass for a port, and a bare IPv4 address for port 0.
        bool explicitPort = colon > 0 && (address[colon - 1] == ']' || address.IndexOf(':', StringComparison.Ordinal) == colon);
        return explicitPort && IPEndPoint.TryParse(address, out IPEndPoint? point)
            ? point
            : throw new UsageException($"'{text}' is no address to listen on. Write ADDRESS:PORT, for instance 0.0.0.0:7410, [::]:7410 or *:7410.");
    }
}
