using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Core.Wire;
using Mirror.Driver;
using Mirror.Driver.Taps;

namespace Mirror.Bench;

/// <summary>
/// Many hosts that have booted: one engine with a disk and an eBPF tap of its own for each, all in this process, as a hundred processes would compete for the machine with the server, which a hundred machines do not.
/// All taps are attached first; then all connect at once. When all are Live the taps are removed, as a reboot does.
/// </summary>
internal static class Storm
{
    private const long Ring = 1 << 20;

    /// <param name="server">Address and port.</param>
    /// <param name="secretFile">The master secret.</param>
    /// <param name="seconds">How long it may take.</param>
    /// <param name="pins">A directory in a bpf file system for the taps. Whoever ends this process by force removes it.</param>
    /// <param name="disks">One volume each: storm-0, storm-1 and so on.</param>
    public static async Task<int> RunAsync(string server, string secretFile, double seconds, string pins, string[] disks)
    {
        IPEndPoint endPoint = IPEndPoint.Parse(server);
        Secret master = SecretFile.Read(secretFile);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var live = new double[disks.Length];
        var clients = new List<MirrorClient>();
        var sources = new List<MirrorSource>();
        long begun = 0;
        try
        {
            for (int i = 0; i < disks.Length; i++)
            {
                int number = i;
                string volume = $"storm-{i}";
                var source = new MirrorSource(new TapOptions { Volume = volume, DiskPath = disks[i], Choice = TapChoice.Ebpf, RingBytes = Ring, RunDirectory = ControlDirectory.Default.Path, PinDirectory = pins });
                sources.Add(source);
                var connector = new Connector(endPoint.Address.ToString(), endPoint.Port, master.ForClient(volume, MirrorRight.Mirror), volume, MirrorRight.Mirror);
                var options = new MirrorClientOptions { Volume = volume, Server = server, ClientId = new Guid(i + 1, 0, 0, new byte[8]), ReadSlots = 4 };
                var client = new MirrorClient(options, source, ConnectAsync, NullLogger.Instance)
                {
                    OnState = (_, now) =>
                    {
                        if (now == MirrorState.Live) live[number] = (Environment.TickCount64 - begun) / 1000.0;
                    },
                };
                clients.Add(client);
                _ = client.RunAsync(CancellationToken.None);

                async Task<AuthenticatedConnection> ConnectAsync(CancellationToken cancellation)
                {
                    await gate.Task.WaitAsync(cancellation);
                    return await connector.ConnectAsync(cancellation);
                }
            }
            Console.WriteLine("ready");
            Console.ReadLine();
            begun = Environment.TickCount64;
            gate.SetResult();
            while (clients.Any(c => c.Status is not { State: MirrorState.Live, Consistent: true }))
            {
                if (Environment.TickCount64 - begun > seconds * 1000)
                {
                    Console.Error.WriteLine(string.Join('\n', clients.Select(c => c.Status).Where(s => s.State != MirrorState.Live).Select(s => $"{s.Volume} {s.State} {s.LastError}")));
                    return 1;
                }
                await Task.Delay(50);
            }
            double all = (Environment.TickCount64 - begun) / 1000.0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"live={clients.Count} all_s={all:F1} median_s={live.Order().ElementAt(live.Length / 2):F1} scans={clients.Sum(c => c.Status.Scans)} connections={clients.Sum(c => c.Status.Connections)} errors={clients.Count(c => c.Status.LastError is not null)}"));
            return 0;
        }
        finally
        {
            await Task.WhenAll(clients.Select(c => c.StopAsync(keepTracking: false, CancellationToken.None)));
            foreach (MirrorSource source in sources)
            {
                source.Tap.Unpin();
                source.Dispose();
            }
        }
    }
}
