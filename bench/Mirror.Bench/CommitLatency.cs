using System.Diagnostics;
using Mirror.Core.Control;

namespace Mirror.Bench;

/// <summary>The time from the completion of one 4 KiB write to the moment at which the client knows it committed, with nothing else going on.</summary>
internal static class CommitLatency
{
    public static async Task<int> RunAsync(string volume, string disk, int count)
    {
        var control = new ControlClient(ControlDirectory.Default);
        using var device = new FileStream(disk, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0, FileOptions.WriteThrough);
        byte[] block = new byte[4096];
        double[] taken = new double[count];
        for (int i = -5; i < count; i++) // the first five warm up
        {
            Random.Shared.NextBytes(block);
            await control.WaitIdleAsync(volume, CancellationToken.None);
            await Task.Delay(Random.Shared.Next(50, 150)); // at no fixed distance to the marks
            long before = await MarkAsync();
            device.Position = Random.Shared.Next(1000) * 4096L;
            device.Write(block);
            device.Flush(flushToDisk: true);
            long completed = Stopwatch.GetTimestamp();
            // An idle client sends no marks: the next one is the one that covers this write. Nothing is asked to hurry.
            while ((await MarkAsync()) <= before) { }
            if (i >= 0) taken[i] = Stopwatch.GetElapsedTime(completed).TotalMilliseconds;
        }
        async Task<long> MarkAsync() => (long)(await control.SurveyAsync(CancellationToken.None)).Volumes
            .First(status => status.Volume == volume && status.Role == MirrorRole.Client).CommittedMark;

        Array.Sort(taken);
        Console.WriteLine($"p50_ms={taken[count / 2]:f1} p90_ms={taken[count * 9 / 10]:f1} p99_ms={taken[count * 99 / 100]:f1} max_ms={taken[^1]:f1}");
        return 0;
    }
}
