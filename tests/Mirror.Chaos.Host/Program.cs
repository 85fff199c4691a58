// A server or a client as the program runs it, but for two things that the chaos tests hold in their hand: the server's storage forgets at a power
// cut what was not flushed, and the wall clock jumps.
//
//   server CHAOS-DIRECTORY STORE ADDRESS:PORT MASTER-FILE
//   client CHAOS-DIRECTORY DISK ADDRESS PORT VOLUME SECRET-FILE STATE-DIRECTORY
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Mirror.Chaos.Host;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Driver.Images;
using Mirror.Driver.Taps;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});
ILoggerFactory logs = LogSetup.Create(new LogSettings { Level = LogLevel.Information, Path = Path.Combine(args[1], $"{args[0]}.log") });
var clock = new JumpingClock(Path.Combine(args[1], $"clock-{args[0]}"));
HostedMirror mirror = args switch
{
    ["server", var chaos, var store, var listen, var master] => await HostedServer.StartAsync(
        new ServerSettings { Name = "server", Options = new MirrorServerOptions { StoreDirectory = store, Listen = IPEndPoint.Parse(listen), Master = SecretFile.Read(master) } },
        logs, new TornFiles(new ImageFiles(), chaos), clock),
    ["client", _, var disk, var host, var port, var volume, var secret, var state] => HostedClient.Start(
        new ClientSettings { Disk = disk, Host = host, Port = int.Parse(port, CultureInfo.InvariantCulture), Volume = volume, SecretFile = secret, StateDirectory = state, Tap = TapChoice.Ebpf },
        logs, clock),
    _ => throw new ArgumentException("server or client, and what it takes"),
};
Console.Error.WriteLine("Started");
await ServiceHost.RunAsync(mirror, stop.Token);
