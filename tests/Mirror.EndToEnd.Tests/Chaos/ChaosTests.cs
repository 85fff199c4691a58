using System.Globalization;
using Mirror.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// Everything at once, by seed. The long form, <c>./build.sh chaos --minutes N [--seed S]</c>, sets <c>DISKMIRROR_CHAOS_MINUTES</c> and <c>DISKMIRROR_CHAOS_SEED</c>; a
/// failing seed comes first in a run that names it. Threads and processes are not in the seed's hand, so the same seed gives the same row of events,
/// not the same moments.
/// </summary>
[Collection(ProcessesAlone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly string[] s_fileSystems = ["ext4", "raw", "xfs", "btrfs"];

    private static double Minutes => double.Parse(Environment.GetEnvironmentVariable("DISKMIRROR_CHAOS_MINUTES") ?? "0", CultureInfo.InvariantCulture);

    private static int Seed => int.Parse(Environment.GetEnvironmentVariable("DISKMIRROR_CHAOS_SEED") ?? "1", CultureInfo.InvariantCulture);

    private static int Wipes => int.Parse(Environment.GetEnvironmentVariable("DISKMIRROR_CHAOS_WIPES") ?? "0", CultureInfo.InvariantCulture);

    [SkippableFact]
    public async Task What_was_safe_stays_safe() =>
        await new ChaosRun(4, "ext4", output.WriteLine).RunAsync(TimeSpan.FromSeconds(20));

    [SkippableFact]
    public async Task What_was_safe_is_an_instant_of_the_disk_after_cuts_and_kills() =>
        await new ChaosRun(2, "raw", output.WriteLine)
        {
            Events = [ChaosEvent.ServerPowerCut, ChaosEvent.BothPowerCut, ChaosEvent.ClientKilled, ChaosEvent.DiskGrows, ChaosEvent.LinkCut, ChaosEvent.ScanAsked],
        }.RunAsync(TimeSpan.FromSeconds(20));

    [SkippableFact]
    public async Task The_control_with_storage_that_does_not_flush_is_caught()
    {
        var run = new ChaosRun(1, "raw", output.WriteLine) { ServerForgets = true, Events = [ChaosEvent.ServerPowerCut] };
        ChaosException caught = await Assert.ThrowsAsync<ChaosException>(() => run.RunAsync(TimeSpan.FromMinutes(2), events: 8));
        output.WriteLine(caught.Message.Split('\n')[0]);
    }

    [SkippableFact]
    public async Task Long()
    {
        Skip.If(Minutes <= 0, "only by ./build.sh chaos --minutes N");
        DateTime end = DateTime.UtcNow + TimeSpan.FromMinutes(Minutes);
        for (int seed = Seed; DateTime.UtcNow < end; seed++)
        {
            await new ChaosRun(seed, s_fileSystems[seed % s_fileSystems.Length], Say).RunAsync(TimeSpan.FromSeconds(90));
        }
    }

    [SkippableFact]
    public async Task Wiped_at_many_moments()
    {
        Skip.If(Wipes <= 0, "only by ./build.sh chaos --wipes N");
        int wiped = 0;
        for (int seed = Seed; wiped < Wipes; seed++)
        {
            var run = new ChaosRun(seed, s_fileSystems[seed % s_fileSystems.Length], Say) { Events = [ChaosEvent.DiskWiped] };
            await run.RunAsync(TimeSpan.FromMinutes(30), events: Math.Min(25, Wipes - wiped));
            wiped += run.Wipes;
        }
    }

    /// <summary>At once, also where the runner keeps a test's output to its end.</summary>
    private void Say(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("DISKMIRROR_CHAOS_LOG") is { } file) File.AppendAllText(file, line + "\n");
    }
}
