using System.Diagnostics;
using Mirror.Core.Control;

namespace Mirror.Bench;

/// <summary>Looks at a client's status five times a second and tells the worst that was seen.</summary>
internal static class StatusWatch
{
    public static async Task<int> RunAsync(string volume, double seconds)
    {
        var control = new ControlClient(ControlDirectory.Default);
        var clock = Stopwatch.StartNew();
        double oldest = 0;
        var states = new SortedDictionary<string, int>();
        var rates = new SortedDictionary<string, int>();
        int samples = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            ControlSurvey survey = await control.SurveyAsync(CancellationToken.None);
            if (survey.Volumes.FirstOrDefault(v => v.Volume == volume && v.Role == MirrorRole.Client) is { } status)
            {
                samples++;
                oldest = Math.Max(oldest, (double)status.OldestUncommittedMilliseconds);
                states[status.State.ToString()] = states.GetValueOrDefault(status.State.ToString()) + 1;
                rates[status.Rate.ToString()] = rates.GetValueOrDefault(status.Rate.ToString()) + 1;
            }
            await Task.Delay(200);
        }
        Console.WriteLine($"samples={samples} oldest_ms={oldest:f0} states={Counts(states)} rates={Counts(rates)}");
        return samples > 0 ? 0 : 1;

        static string Counts(SortedDictionary<string, int> seen) => string.Join(',', seen.Select(pair => $"{pair.Key}:{pair.Value}"));
    }
}
