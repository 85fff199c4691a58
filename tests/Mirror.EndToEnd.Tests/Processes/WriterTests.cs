using System.Globalization;
using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Taps;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The writer never waits for the mirror, whatever becomes of server and network.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class WriterTests(ITestOutputHelper output)
{
    /// <summary>Of the rate with nobody connected; the issue's bound.</summary>
    private const double LeastRatio = 0.95;

    /// <summary>Each hindrance comes and goes so often.</summary>
    private const int Rounds = 2;

    /// <summary>When the medians are known worse than this in the end, the machine was too busy for a verdict.</summary>
    private const double MostError = 0.025;

    /// <summary>Ratios in each round; one takes eight slices.</summary>
    private const int RatiosPerRound = 18;

    /// <summary>The moment in which the rate falls from Hi to Off, a few tenths of a second, is not measured: what a writer has in the long run is asked for.</summary>
    private static readonly TimeSpan Falling = TimeSpan.FromSeconds(1);

    /// <summary>The server of a disk has processors of its own: here it gets what the writer and the client leave (SCHED_IDLE).</summary>
    private static readonly string[] _onlyWhatIsLeft = ["chrt", "--idle", "0"];

    [SkippableFact]
    public async Task Hi_Lo_Off_and_back_are_seen_while_the_server_stands_still()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        rig.ServerRunDirectory = Path.Combine(directory.Path, "server-run");
        await rig.StartAsync("--ring", "4M", "--ring-records", "1500");
        MirrorStatus before = (await rig.ClientStatusAsync())!;
        Assert.Equal(TapRate.Hi, before.Rate);
        string incarnation = rig.Incarnation();

        rig.Server!.Signal("STOP");
        var seen = new List<TapRate>();
        using (FioLoad.Start(disk.Path, 12 << 20, 1, "8k/100"))
        {
            await rig.WaitForAsync(s =>
            {
                if (seen.Count == 0 || seen[^1] != s.Rate) seen.Add(s.Rate);
                return s.Rate == TapRate.Off;
            }, "at rate Off");
            JsonElement printed = await rig.PrintedStatusAsync("client");
            Assert.Equal("Off", printed.GetProperty("rate").GetString());
            Assert.True(printed.GetProperty("offEpisodes").GetInt64() > before.OffEpisodes);
            await rig.WaitForAsync(s => s.State == MirrorState.CatchUp && s.PendingBytes + s.QueuedBytes > 0, "in CatchUp");
            rig.Server.Signal("CONT");
            await rig.WaitForAsync(s =>
            {
                if (seen[^1] != s.Rate) seen.Add(s.Rate);
                return s is { State: MirrorState.Live, Rate: TapRate.Hi };
            }, "Live at Hi again, under the same load");
        }
        output.WriteLine(string.Join(" -> ", seen));
        Assert.Equal([TapRate.Hi, TapRate.Lo, TapRate.Off, TapRate.Hi], seen);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        Assert.Equal(before.Scans, (await rig.ClientStatusAsync())!.Scans);
        Assert.Equal(incarnation, rig.Incarnation());
    }

    [SkippableTheory]
    [InlineData("randwrite", 4096, 4)]
    [InlineData("write", 131072, 2)]
    public async Task Direct_writes_keep_their_rate_while_the_server_stands_still_the_network_is_cut_or_slow(string pattern, int blockBytes, int depth)
    {
        Requirements.Need("fio", "ip", "iptables", "tc", "chrt");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        Requirements.NeedTap(disk.Path);
        using var network = new NetworkNamespace();
        await using var rig = new ProcessRig(disk.Path, directory.Path) { Listen = $"{network.Address}:7410", ServerAddress = $"{network.Address}:7410", ServerPrefix = [.. _onlyWhatIsLeft, .. network.Prefix] };
        rig.ServerRunDirectory = Path.Combine(directory.Path, "server-run");
        await rig.StartAsync();
        MirrorStatus started = (await rig.ClientStatusAsync())!;

        (string Name, Action<int> Begin, Action<int> End)[] hindrances =
        [
            ("server stopped", _ => rig.Server!.Signal("STOP"), _ => rig.Server!.Signal("CONT")),
            ("network cut", round => { if (round % 2 == 0) network.Link(up: false); else network.Drop(); }, round => { if (round % 2 == 0) network.Link(up: true); else network.Pass(); }),
            ("10 MB/s", _ => network.Slow(10_000_000), _ => network.Fast()),
        ];
        List<double>[] ratios = [.. hindrances.Select(_ => new List<double>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < hindrances.Length; i++)
            {
                hindrances[i].Begin(round);
                try
                {
                    using (FioLoad.Flood(disk.Path, pattern, blockBytes, depth))
                    {
                        await Task.Delay(Falling);
                        ratios[i].AddRange(await WriterRate.BesideAsync(rig.Client!, disk.Path, RatiosPerRound));
                        await rig.WaitForAsync(s => s.Rate == TapRate.Off, "at rate Off");
                    }
                }
                finally
                {
                    hindrances[i].End(round);
                }
                await rig.IdleAsync(); // also wakes a client that waits to try again
            }
        }

        output.WriteLine($"{pattern} {blockBytes}");
        for (int i = 0; i < hindrances.Length; i++)
        {
            output.WriteLine(FormattableString.Invariant($"  {hindrances[i].Name}: {WriterRate.Median(ratios[i]):0.000} +- {WriterRate.ErrorOfMedian(ratios[i]):0.000} ({string.Join(' ', ratios[i].Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))})"));
        }
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        MirrorStatus ended = (await rig.ClientStatusAsync())!;
        output.WriteLine($"  off episodes {ended.OffEpisodes - started.OffEpisodes}");
        Assert.Equal(started.Scans, ended.Scans);
        for (int i = 0; i < hindrances.Length; i++)
        {
            double median = WriterRate.Median(ratios[i]), error = WriterRate.ErrorOfMedian(ratios[i]);
            string figure = FormattableString.Invariant($"{hindrances[i].Name}: {median:0.000} +- {error:0.000} of the rate without it");
            Assert.True(median + (3 * error) >= LeastRatio, figure);
            Skip.If(error > MostError || median < LeastRatio, $"Live and identical; but the machine is too busy to measure rates: {figure}");
        }
    }
}
