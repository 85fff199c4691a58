using System.Diagnostics;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>What measures the writer's rate is fair to a program that does nothing, and sees one that takes the processors.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class WriterRateTests
{
    private const int Ratios = 18;

    [SkippableFact]
    public async Task A_program_that_sleeps_costs_nothing()
    {
        IReadOnlyList<double> ratios = await BesideAsync("sleep", "1000");
        double median = WriterRate.Median(ratios), error = WriterRate.ErrorOfMedian(ratios);
        Assert.True(Math.Abs(median - 1) <= 0.01 + (3 * error), FormattableString.Invariant($"{median:0.000} +- {error:0.000}"));
    }

    [SkippableFact]
    public async Task A_program_that_takes_the_processors_is_seen()
    {
        IReadOnlyList<double> ratios = await BesideAsync("fio", "--name=busy", "--ioengine=cpuio", "--cpuload=100", "--thread", $"--numjobs={4 * Environment.ProcessorCount}", "--time_based", "--runtime=1000");
        double median = WriterRate.Median(ratios), error = WriterRate.ErrorOfMedian(ratios);
        Assert.True(median + (3 * error) < 0.95, FormattableString.Invariant($"{median:0.000} +- {error:0.000}"));
    }

    private static async Task<IReadOnlyList<double>> BesideAsync(string command, params string[] arguments)
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        using FioLoad load = FioLoad.Flood(disk.Path, "randwrite", 4096, 4);
        using var program = new RunningProgram(new ProcessStartInfo(command, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });
        await Task.Delay(TimeSpan.FromSeconds(1));
        return await WriterRate.BesideAsync(program, disk.Path, Ratios);
    }
}
