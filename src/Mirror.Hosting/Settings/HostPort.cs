using System.Globalization;
using System.Net;

namespace Mirror.Hosting.Settings;

/// <summary>Reads where a server is, and where it listens.</summary>
public static class HostPort
{
    /// <summary>Reads <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>; the port may stand beside.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="beside">The port that was given on its own, or null.</param>
    /// <param name="usual">The port when none was given at all; null when one must be.</param>
    /// <exception cref="UsageException">It is neither, or there are two ports.</exception>
    public static (string Host, int Port) Parse(string text, int? beside = null, int? usual = null)
    {
        int colon = text.LastIndexOf(':');
        bool bracketed = text is ['[', .., ']'];
        // A bare IPv6 address is nothing but colons: it needs brackets, or its port beside it.
        bool alone = colon < 0 || bracketed || (IPAddress.TryParse(text, out IPAddress? whole) && whole.ToString().Contains(':', StringComparison.Ordinal) && !text.StartsWith('['));
        string host = alone ? text : text[..colon];
        int? written = null;
        if (!alone) written = int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535 ? port : -1;
        if (written is { } one && beside is { } other && one != other && one > 0) throw new UsageException($"'{text}' names port {one}, and port {other} is given beside it. Give one of them.");
        if (host is ['[', .., ']']) host = host[1..^1];
        else if (!alone && host.Contains(':', StringComparison.Ordinal)) host = "";
        int? chosen = written ?? beside ?? usual;
        bool sound = host.Length > 0 && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) && chosen is > 0;
        return sound ? (host, chosen!.Value)
            : throw new UsageException($"'{text}' does not say where the server is. Write HOST:PORT, for instance backup.example.net:7410 or [2001:db8::1]:7410.");
    }

    /// <summary>Reads <c>address:port</c>; <c>*</c> is every address, and port 0 lets the system choose. The port may stand beside.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="beside">The port that was given on its own, or null.</param>
    /// <param name="usual">The port when none was given at all; null when one must be.</param>
    /// <exception cref="UsageException">It is not that, or there are two ports.</exception>
    public static IPEndPoint ParseListen(string text, int? beside = null, int? usual = null)
    {
        string address = text == "*" ? "::" : text.StartsWith("*:", StringComparison.Ordinal) ? "[::]" + text[1..] : text;
        int colon = address.LastIndexOf(':');
        // Without this, the end of a bare IPv6 address would pass for a port, and a bare IPv4 address for port 0.
        bool explicitPort = colon > 0 && (address[colon - 1] == ']' || address.IndexOf(':', StringComparison.Ordinal) == colon);
        if (explicitPort && IPEndPoint.TryParse(address, out IPEndPoint? point))
            return beside is null || beside == point.Port ? point : throw new UsageException($"'{text}' names port {point.Port}, and port {beside} is given beside it. Give one of them.");
        return !explicitPort && (beside ?? usual) is { } port && IPAddress.TryParse(address, out IPAddress? ip)
            ? new IPEndPoint(ip, port)
            : throw new UsageException($"'{text}' is no address to listen on. Write ADDRESS:PORT, for instance 0.0.0.0:7410, [::]:7410 or *:7410.");
    }
}
