using System.Net.Sockets;
using System.Text;

namespace Mirror.Hosting.Tests;

// One class, so that xunit never runs two of these at once: the environment belongs to the process.
public sealed class ServiceNotifierTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"dmn-{Guid.NewGuid():N}"[..12]);

    public void Dispose() => File.Delete(path);

    [SkippableFact]
    public void Systemd_is_told_what_it_asks_for_and_children_are_not()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "systemd is on Linux.");
        using Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", "30000000");
        Environment.SetEnvironmentVariable("WATCHDOG_PID", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using ServiceNotifier notifier = ServiceNotifier.FromEnvironment();
        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        Assert.Equal(TimeSpan.FromSeconds(15), notifier.WatchdogInterval);
        notifier.Ready();
        notifier.Status("home: Live\nREADY=0");
        notifier.Status("home: Live\nREADY=0");
        notifier.Alive();
        notifier.Stopping();
        Assert.Equal(["READY=1", "STATUS=home: Live READY=0", "WATCHDOG=1", "STOPPING=1"], Enumerable.Range(0, 4).Select(_ => Receive(systemd)));
    }

    [Fact]
    public void Without_systemd_nothing_happens()
    {
        using ServiceNotifier notifier = ServiceNotifier.FromEnvironment();
        Assert.Null(notifier.WatchdogInterval);
        notifier.Ready();
        notifier.Stopping();
    }

    [Fact]
    public void A_supervisor_that_is_gone_does_no_harm()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path + "-not-there");
        using ServiceNotifier notifier = ServiceNotifier.FromEnvironment();
        notifier.Ready();
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
