using System.Diagnostics;
using System.Globalization;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>
/// What a writer loses to a program beside it: its rate while the program is at work, of its rate while the program stands still.
/// <para>
/// What a machine can do wanders by half within seconds, but little from one slice of a tenth of a second to the next; so the two are taken by turns.
/// All slices are of one length and begin with one signal: a writer is faster for some time after whatever disturbs it (4 to 6 % in 0.1 s, 1 to 2 % less over 0.3 s),
/// and slices that differ compare that. The program is at work in three of four, because it is behind after it has stood still, which is work of its own.
/// </para>
/// </summary>
internal static class WriterRate
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.1);

    /// <summary>One ratio for each eight slices, in the order that the turns have: what grows steadily meanwhile is the same for both.</summary>
    private static readonly bool[] _standing = [true, false, false, false, false, false, false, true];

    /// <summary>Measures.</summary>
    /// <param name="program">What is stopped and goes on by turns; it goes on in the end.</param>
    /// <param name="disk">Where somebody writes as fast as it goes.</param>
    /// <param name="count">How many ratios; 1 is a writer that loses nothing.</param>
    public static async Task<IReadOnlyList<double>> BesideAsync(RunningProgram program, string disk, int count)
    {
        string counters = $"/sys/block/{Path.GetFileName(disk)}/stat";
        long Written() => long.Parse(File.ReadAllText(counters).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], CultureInfo.InvariantCulture); // requests written
        var ratios = new double[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                double atWork = 0, standing = 0;
                foreach (bool stands in _standing)
                {
                    program.Signal(stands ? "STOP" : "CONT");
                    long before = Written(), since = Stopwatch.GetTimestamp();
                    await Task.Delay(Slice);
                    double rate = (Written() - before) / Stopwatch.GetElapsedTime(since).TotalSeconds;
                    if (stands) standing += rate / _standing.Count(s => s);
                    else atWork += rate / _standing.Count(s => !s);
                }
                ratios[i] = atWork / standing;
            }
        }
        finally
        {
            program.Signal("CONT");
        }
        return ratios;
    }

    /// <summary>The median.</summary>
    public static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The standard error of the median, from the median of the absolute deviations (1.4826 makes it a sigma, 1.2533 that of a median).</summary>
    public static double ErrorOfMedian(IReadOnlyList<double> values)
    {
        double median = Median(values);
        return 1.2533 * 1.4826 * Median([.. values.Select(v => Math.Abs(v - median))]) / Math.Sqrt(values.Count);
    }
}
