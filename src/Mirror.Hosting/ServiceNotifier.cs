using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Mirror.Hosting;

/// <summary>
/// Tells systemd how the service is (sd_notify): READY, STATUS, WATCHDOG, STOPPING. Does nothing when not started by it. Never fails:
/// a mirror does not end because its supervisor does not listen.
/// </summary>
internal sealed class ServiceNotifier : IDisposable
{
    private readonly Socket? socket;
    private readonly Lock sending = new();
    private string lastStatus = "";

    private ServiceNotifier(Socket? socket, TimeSpan? watchdog)
    {
        this.socket = socket;
        WatchdogInterval = watchdog;
    }

    /// <summary>How often <see cref="Alive"/> must be called; null when nobody watches.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>Reads the environment that systemd gives, and takes it out, so that no child process speaks for this one.</summary>
    public static ServiceNotifier FromEnvironment()
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        string? interval = Environment.GetEnvironmentVariable("WATCHDOG_USEC");
        string? pid = Environment.GetEnvironmentVariable("WATCHDOG_PID");
        foreach (string name in (ReadOnlySpan<string>)["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) Environment.SetEnvironmentVariable(name, null);
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@')) return new ServiceNotifier(null, null);
        try
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
            bool ours = pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            // Half the time that systemd allows, as its manual advises.
            TimeSpan? watchdog = ours && long.TryParse(interval, NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0
                ? TimeSpan.FromMicroseconds(microseconds / 2.0)
                : null;
            return new ServiceNotifier(socket, watchdog);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return new ServiceNotifier(null, null);
        }
    }

    /// <summary>The service does its work now.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>The service is ending, and may take this long.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>The service is not hung.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <summary>One line for <c>systemctl status</c>; sent when it changed.</summary>
    public void Status(string line)
    {
        string clean = Core.Operations.PlainText.Clean(line);
        lock (sending)
        {
            if (clean == lastStatus) return;
            lastStatus = clean;
        }
        Send("STATUS=" + clean);
    }

    public void Dispose() => socket?.Dispose();

    private void Send(string message)
    {
        try
        {
            socket?.Send(Encoding.UTF8.GetBytes(message));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody listens.
        }
    }
}
