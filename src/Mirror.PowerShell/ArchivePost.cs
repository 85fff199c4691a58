using System.Diagnostics;
using Mirror.Hosting.Archives;

namespace Mirror.PowerShell;

/// <summary>Shows how far an archive is, twice a second. Safe for several threads.</summary>
/// <param name="post">The way to the pipeline's thread.</param>
/// <param name="activity">What is under way.</param>
/// <param name="done">What is done with the bytes: <c>dumped</c>.</param>
internal sealed class ArchivePost(IPost post, string activity, string done)
{
    private const long IntervalMilliseconds = 500;

    private readonly Stopwatch time = Stopwatch.StartNew();
    private long next;

    /// <summary>Tells bytes done.</summary>
    public void Report(long bytes) => Report(bytes, 0);

    /// <summary>Tells bytes done, and how many there are, about.</summary>
    public void Report(long bytes, long about)
    {
        long now = time.ElapsedMilliseconds, due = Volatile.Read(ref next);
        if (now < due || Interlocked.CompareExchange(ref next, now + IntervalMilliseconds, due) != due) return;
        double part = about > 0 ? Math.Min(0.999, (double)bytes / about) : 0;
        string line = ArchiveText.Progress(bytes, about, done, time.Elapsed);
        post.Post(p => p.Progress(activity, line, part, null));
    }
}
