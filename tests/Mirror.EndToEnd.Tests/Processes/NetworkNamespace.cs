using System.Globalization;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>
/// A network of its own for the server, on a veth pair with this host: a link that can be cut, refused and slowed without touching
/// anything else. Goes away with everything in it.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private readonly string _id = Guid.NewGuid().ToString("N")[..8];
    private readonly string _subnet = $"10.{Random.Shared.Next(120, 250)}.{Random.Shared.Next(1, 250)}";

    public NetworkNamespace()
    {
        Shell.Run("ip", "netns", "add", Name);
        try
        {
            Shell.Run("ip", "link", "add", Outside, "type", "veth", "peer", "name", Inside, "netns", Name);
            Shell.Run("ip", "addr", "add", $"{_subnet}.1/30", "dev", Outside);
            Shell.Run("ip", "link", "set", Outside, "up");
            In("ip", "addr", "add", $"{_subnet}.2/30", "dev", Inside);
            In("ip", "link", "set", Inside, "up");
            In("ip", "link", "set", "lo", "up");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name => $"dmn{_id}";

    /// <summary>The server's address.</summary>
    public string Address => $"{_subnet}.2";

    /// <summary>What starts a program in it; the process is the program itself. Unlike <c>ip netns exec</c> it leaves the program the mounts of everybody, so that one can be unmounted.</summary>
    public IReadOnlyList<string> Prefix => ["nsenter", $"--net=/run/netns/{Name}"];

    private string Outside => $"dmo{_id}";

    private string Inside => $"dmi{_id}";

    /// <summary>Packets vanish.</summary>
    public void Drop() => In("iptables", "-w", "-I", "INPUT", "-p", "tcp", "-j", "DROP");

    /// <summary>Connections are refused, those that are there at their next packet.</summary>
    public void Refuse() => In("iptables", "-w", "-I", "INPUT", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset");

    /// <summary>Packets pass again.</summary>
    public void Pass() => In("iptables", "-w", "-F", "INPUT");

    /// <summary>Takes the link down or up.</summary>
    public void Link(bool up) => Shell.Run("ip", "link", "set", Outside, up ? "up" : "down");

    /// <summary>Limits what the client can send.</summary>
    public void Slow(long bytesPerSecond) =>
        Shell.Run("tc", "qdisc", "replace", "dev", Outside, "root", "tbf", "rate", $"{bytesPerSecond.ToString(CultureInfo.InvariantCulture)}bps", "burst", "256kb", "latency", "100ms");

    /// <summary>Limits what the client can send, and lets it wait in a queue for as long as this before it is lost.</summary>
    public void Late(long bytesPerSecond, TimeSpan latency) =>
        Shell.Run("tc", "qdisc", "replace", "dev", Outside, "root", "tbf", "rate", $"{bytesPerSecond.ToString(CultureInfo.InvariantCulture)}bps", "burst", "32kb", "latency", $"{latency.TotalMilliseconds:0}ms");

    /// <summary>Ends the limit.</summary>
    public void Fast() => Shell.Run("tc", "qdisc", "del", "dev", Outside, "root");

    public void Dispose()
    {
        // The pair goes with either of its ends.
        foreach (string[] remove in new[] { ["link", "del", Outside], new[] { "netns", "del", Name } })
        {
            try
            {
                Shell.Run("ip", remove);
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine(e.Message);
            }
        }
    }

    private void In(params string[] command) => Shell.Run("ip", ["netns", "exec", Name, .. command]);
}
