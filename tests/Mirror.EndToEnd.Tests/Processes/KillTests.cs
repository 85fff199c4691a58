using System.Diagnostics;
using Mirror.Core.Control;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>Crashes of client and server and cut connections, at random moments under load.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Breaks = 200;
    private const int Mirrors = 2;
    private const int BreaksBetweenComparisons = 25;

    [SkippableFact]
    public async Task After_two_hundred_kills_and_cuts_under_load_everything_is_live_and_identical_without_a_scan()
    {
        Requirements.Need("fio");
        int seed = Environment.GetEnvironmentVariable("DISKMIRROR_TEST_SEED") is { } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var clock = Stopwatch.StartNew();
        // Two at once: while one starts its processes again, the other is killed.
        await Task.WhenAll(Enumerable.Range(0, Mirrors).Select(i => RunAsync(seed + i, Breaks / Mirrors)));
        output.WriteLine($"{Breaks} breaks took {clock.Elapsed.TotalSeconds:0} s");
    }

    private async Task RunAsync(int seed, int breaks)
    {
        var random = new Random(seed);
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 64 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c 40M /dev/urandom > {disk.Path}");
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        using var relay = new Relay(rig.Listen);
        rig.ServerAddress = relay.Address;
        await rig.StartAsync();
        string incarnation = rig.Incarnation();
        long connections = 0;
        var kinds = new Dictionary<string, int>();
        FioLoad load = FioLoad.Start(disk.Path, 4 << 20, seed);
        try
        {
            for (int i = 1; i <= breaks; i++)
            {
                // Mostly while it works, often while it is still coming back.
                await Task.Delay(random.Next(10) < 3 ? random.Next(150) : random.Next(1200));
                string kind = random.Next(100) switch { < 35 => "client", < 65 => "server", < 85 => "reset", _ => "end" };
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                switch (kind)
                {
                    case "client":
                        rig.Client!.Kill();
                        rig.LaunchClient();
                        break;
                    case "server":
                        rig.Server!.Kill();
                        rig.LaunchServer();
                        break;
                    default:
                        relay.Cut(hard: kind == "reset");
                        break;
                }
                if (i % 5 == 0)
                {
                    MirrorStatus live = await rig.WaitForAsync(s => s.State == MirrorState.Live, $"Live after break {i} ({kind}), seed {seed}");
                    connections += live.Connections;
                }
                if (i % BreaksBetweenComparisons != 0) continue;
                Assert.True(load.Runs, load.Log);
                load.Dispose();
                await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
                rig.AssertIdentical();
                Assert.Equal(incarnation, rig.Incarnation());
                if (i < breaks) load = FioLoad.Start(disk.Path, 4 << 20, seed + i);
            }
        }
        finally
        {
            load.Dispose();
        }
        // A scan changes the incarnation, whichever process began it; and the last client of all began none.
        Assert.Equal(incarnation, rig.Incarnation());
        MirrorStatus end = (await rig.ClientStatusAsync())!;
        Assert.Equal(kinds.ContainsKey("client") ? 0 : 1, end.Scans);
        Assert.Equal(MirrorState.Live, end.State);
        output.WriteLine($"seed {seed}: {string.Join(", ", kinds.Select(k => $"{k.Value} {k.Key}"))}; holes {end.Holes}, off episodes {end.OffEpisodes}");
    }
}
