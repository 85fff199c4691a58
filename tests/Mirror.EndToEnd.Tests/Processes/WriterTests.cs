using System.Diagnostics;
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
    private const int LeastRounds = 5;

    /// <summary>How well the medians must be known before they are judged: looks at the spread alone, never at the ratio.</summary>
    private const double EnoughError = 0.012;

    /// <summary>When the medians are known worse than this in the end, the machine was too busy for a verdict.</summary>
    private const double MostError = 0.025;

    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(150);

    /// <summary>After so many rounds it is known about how much the rates of this machine scatter.</summary>
    private const int FirstRounds = 3;

    /// <summary>Long against the moment in which the rate falls from Hi to Off, a few tenths of a second; what a writer has in the long run is asked for.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

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
        Requirements.Need("fio", "ip", "iptables", "tc");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        Requirements.NeedTap(disk.Path);
        using var network = new NetworkNamespace();
        await using var rig = new ProcessRig(disk.Path, directory.Path) { Listen = $"{network.Address}:7410", ServerAddress = $"{network.Address}:7410", ServerPrefix = network.Prefix };
        rig.ServerRunDirectory = Path.Combine(directory.Path, "server-run");
        Task<double> Rate() => FioLoad.MeasureAsync(disk.Path, pattern, blockBytes, Window, depth);
        await Rate(); // the backing file's pages are there from now on
        double untapped = Median([await Rate(), await Rate(), await Rate()]);
        await rig.StartAsync();
        MirrorStatus started = (await rig.ClientStatusAsync())!;

        (string Name, Action<int> Begin, Action<int> End)[] hindrances =
        [
            ("server stopped", _ => rig.Server!.Signal("STOP"), _ => rig.Server!.Signal("CONT")),
            ("network cut", round => { if (round % 2 == 0) network.Link(up: false); else network.Drop(); }, round => { if (round % 2 == 0) network.Link(up: true); else network.Pass(); }),
            ("10 MB/s", _ => network.Slow(10_000_000), _ => network.Fast()),
        ];
        List<double>[] ratios = [.. hindrances.Select(_ => new List<double>())];
        var alone = new List<double>();
        var clock = Stopwatch.StartNew();
        async Task<double> AloneAsync()
        {
            network.Refuse();
            // The connection breaks at the next thing that is sent.
            Shell.Run("dd", "if=/dev/zero", $"of={disk.Path}", "bs=4k", "count=1", "oflag=direct", "status=none");
            await rig.WaitForAsync(s => s.State == MirrorState.NoConn, "without a connection");
            double rate = await Rate();
            alone.Add(rate);
            network.Pass();
            await LiveAsync();
            return rate;
        }
        // Also wakes a client that waits to try again.
        Task LiveAsync() => rig.IdleAsync();

        int rounds = 0;
        bool hopeless = false;
        double before = await AloneAsync();
        for (; rounds < LeastRounds || (clock.Elapsed < LongEnough && ratios.Any(r => ErrorOfMedian(r) > EnoughError)); rounds++)
        {
            if (rounds == FirstRounds)
            {
                double most = Math.Max(LeastRounds, rounds * (LongEnough / clock.Elapsed));
                hopeless = ratios.Any(r => ErrorOfMedian(r) * Math.Sqrt(rounds / most) > 1.5 * MostError);
                if (hopeless) break;
            }
            for (int i = 0; i < hindrances.Length; i++)
            {
                int which = (i + rounds) % hindrances.Length;
                hindrances[which].Begin(rounds);
                double rate;
                try
                {
                    rate = await Rate();
                }
                finally
                {
                    hindrances[which].End(rounds);
                }
                await LiveAsync();
                double after = await AloneAsync();
                ratios[which].Add(rate / ((before + after) / 2));
                before = after;
            }
        }

        output.WriteLine(FormattableString.Invariant($"{pattern} {blockBytes}: with nobody connected {Median(alone) / 1e6:0} MB/s; before there was a tap {untapped / 1e6:0} MB/s; {rounds} rounds"));
        for (int i = 0; i < hindrances.Length; i++)
        {
            output.WriteLine(FormattableString.Invariant($"  {hindrances[i].Name}: {Median(ratios[i]):0.000} +- {ErrorOfMedian(ratios[i]):0.000} of it ({string.Join(' ', ratios[i].Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))})"));
        }
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        MirrorStatus ended = (await rig.ClientStatusAsync())!;
        output.WriteLine($"  off episodes {ended.OffEpisodes - started.OffEpisodes}");
        Assert.Equal(started.Scans, ended.Scans);
        for (int i = 0; i < hindrances.Length; i++)
        {
            double median = Median(ratios[i]), error = ErrorOfMedian(ratios[i]);
            string figure = FormattableString.Invariant($"{hindrances[i].Name}: {median:0.000} +- {error:0.000} of the rate with nobody connected");
            Assert.True(hopeless || median + (3 * error) >= LeastRatio, figure);
            Skip.If(hopeless || error > MostError || median < LeastRatio, $"Live and identical; but the machine is too busy to measure rates: {figure}");
        }
    }

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The standard error of the median, from the median of the absolute deviations (1.4826 makes it a sigma, 1.2533 that of a median).</summary>
    private static double ErrorOfMedian(IReadOnlyList<double> values)
    {
        double median = Median(values);
        return 1.2533 * 1.4826 * Median([.. values.Select(v => Math.Abs(v - median))]) / Math.Sqrt(values.Count);
    }
}
