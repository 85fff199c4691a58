using System.Diagnostics;
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
/// Mirrors one disk in this process and tells, for each committed mark, how old the oldest write was that it may cover: the time from the mark before was begun to the commit. This is more than any write in it took.
/// Each line on the input ends a stretch and prints its figures; the end of the input ends the mirror.
/// </summary>
internal static class CommitAges
{
    /// <param name="server">Address and port.</param>
    /// <param name="secretFile">The master secret.</param>
    /// <param name="volume">The volume's name.</param>
    /// <param name="disk">The disk; somebody else writes to it.</param>
    /// <param name="interval">Seconds between marks.</param>
    /// <param name="pins">A directory in a bpf file system for the tap. Whoever ends this process by force removes it.</param>
    public static async Task<int> RunAsync(string server, string secretFile, string volume, string disk, double interval, string pins)
    {
        IPEndPoint endPoint = IPEndPoint.Parse(server);
        var connector = new Connector(endPoint.Address.ToString(), endPoint.Port, SecretFile.Read(secretFile).ForClient(volume, MirrorRight.Mirror), volume, MirrorRight.Mirror);
        using var source = new MirrorSource(new TapOptions { Volume = volume, DiskPath = disk, Choice = TapChoice.Ebpf, RunDirectory = ControlDirectory.Default.Path, PinDirectory = pins });
        var options = new MirrorClientOptions { Volume = volume, Server = server, ClientId = Guid.NewGuid(), MarkInterval = TimeSpan.FromSeconds(interval) };
        await using var client = new MirrorClient(options, source, connector.ConnectAsync, NullLogger.Instance);
        Task running = client.RunAsync(CancellationToken.None);
        await client.WaitIdleAsync(CancellationToken.None);
        Console.WriteLine("ready");

        var ages = new List<double>();
        bool ended = false;
        int fallen = 0;
        var watch = new Thread(Watch);
        watch.Start();
        while (Console.ReadLine() is not null)
        {
            lock (ages)
            {
                ages.Sort();
                Console.WriteLine(ages.Count == 0 ? "marks=0" : string.Create(CultureInfo.InvariantCulture,
                    $"marks={ages.Count} p50_ms={ages[ages.Count / 2]:F1} p99_ms={ages[ages.Count * 99 / 100]:F1} max_ms={ages[^1]:F1} not_live={fallen}"));
                ages.Clear();
                fallen = 0;
            }
        }
        Volatile.Write(ref ended, true);
        watch.Join();
        await client.WaitIdleAsync(CancellationToken.None);
        await client.StopAsync(keepTracking: false, CancellationToken.None);
        await running;
        return 0;

        void Watch()
        {
            MirrorStatus before = client.Status;
            long seen = Stopwatch.GetTimestamp();
            while (!Volatile.Read(ref ended))
            {
                Thread.Sleep(1);
                MirrorStatus now = client.Status;
                lock (ages)
                {
                    // The commit was at most as late as this look.
                    if (now.CommittedMark != before.CommittedMark && before.OldestUncommittedMilliseconds > 0) ages.Add(before.OldestUncommittedMilliseconds + Stopwatch.GetElapsedTime(seen).TotalMilliseconds);
                    if (now.State != MirrorState.Live) fallen++;
                }
                before = now;
                seen = Stopwatch.GetTimestamp();
            }
        }
    }
}
