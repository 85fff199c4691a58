using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Taps;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Client;

/// <summary>
/// The disk is written once from its beginning to its end, as a log is, in sizes that end within a granule: no later write hides what was lost of an earlier one,
/// and two that follow each other share a granule.
/// </summary>
public sealed class WrittenOnceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task What_no_record_has_the_content_of_is_read_and_ends_identical()
    {
        await using var rig = new EngineRig(4 << 20) { MaxRate = TapRate.Lo };
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(3);
        rig.Start();
        await rig.WaitIdleAsync();
        Assert.Equal(TapRate.Lo, rig.Client.Status.Rate);
        var random = new Random(22);
        for (int round = 0; round < 5; round++)
        {
            await WriteOnceAsync(rig, random, () => Task.CompletedTask);
            await rig.WaitIdleAsync();
            rig.AssertIdentical();
        }
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, false)]
    [InlineData(33, false)]
    [InlineData(34, true)]
    public async Task Whatever_happens_meanwhile_disk_and_image_end_identical(int seed, bool hidden)
    {
        await using var rig = new EngineRig(4 << 20, seed);
        var random = new Random(seed);
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(2);
        rig.Kernel.DataLimit = 64 << 10;    // so that the rate falls and rises
        rig.Kernel.RecordLimit = 40;
        rig.Start();
        await rig.WaitIdleAsync();
        if (hidden) rig.Kernel.HideCompletions = 20;
        var seen = new SortedDictionary<string, int>();
        for (int round = 0; round < 4; round++)
        {
            await WriteOnceAsync(rig, random, HappenAsync);
            rig.Server.Go();
            await rig.WaitIdleAsync();
            rig.AssertIdentical();
        }
        MirrorStatus status = rig.Client.Status;
        output.WriteLine($"{string.Join(", ", seen.Select(s => $"{s.Key} {s.Value}"))}; {rig.Server.Scans} scans, off episodes {status.OffEpisodes}, holes {status.Holes}");
        Assert.Equal(1 + seen.GetValueOrDefault("scan"), rig.Server.Scans);
        Assert.Equal(hidden, status.Holes > 0);

        async Task HappenAsync()
        {
            int kind = random.Next(240);
            string? what = kind switch
            {
                0 => "cut",
                1 => "power",
                2 => "killed",
                3 => "stall",
                4 => "go",
                5 when rig.Client.Status.State == MirrorState.Live => "scan",
                _ => null,
            };
            if (what is null) return;
            if (what != "stall") rig.Server.Go();      // or what is waited for never comes
            int before = rig.Server.Connections;
            long scans = rig.Client.Status.Scans;
            switch (what)
            {
                case "cut":
                    rig.Server.Cut();
                    break;
                case "power":
                    rig.Server.LosePower();
                    break;
                case "killed":
                    rig.Tap.CrashAfterCalls = random.Next(100);
                    await Assert.ThrowsAsync<FakeCrashException>(() => rig.Running.WaitAsync(EngineRig.Deadline));
                    rig.Start(continued: true);
                    break;
                case "stall":
                    rig.Server.Stall();
                    break;
                case "scan":
                    await rig.Client.RescanAsync(CancellationToken.None);
                    // By the client's count: a scan that is broken off before the client has heard of its beginning is begun anew, and counted twice.
                    await rig.WaitForAsync(s => s.Scans > scans, "in a scan");
                    break;
            }
            seen[what] = seen.GetValueOrDefault(what) + 1;
            if (what is "cut" or "power") await rig.WaitForAsync(_ => rig.Server.Connections > before, "connected again");
        }
    }

    /// <summary>Writes every sector once; some of it by zeroing or discarding.</summary>
    private static async Task WriteOnceAsync(EngineRig rig, Random random, Func<Task> between)
    {
        var data = new byte[32 << 10];
        int length;
        for (int at = 0; at < rig.Disk.SizeBytes; at += length)
        {
            length = Math.Min(512 * random.Next(1, 65), (int)rig.Disk.SizeBytes - at);
            switch (random.Next(16))
            {
                case 0:
                    rig.Disk.WriteZeroes(at, length);
                    break;
                case 1:
                    rig.Disk.Discard(at, length);
                    break;
                default:
                    random.NextBytes(data.AsSpan(0, length));
                    rig.Disk.Write(at, data.AsSpan(0, length));
                    break;
            }
            if (random.Next(4) == 0) await Task.Delay(1);
            await between();
        }
    }
}
