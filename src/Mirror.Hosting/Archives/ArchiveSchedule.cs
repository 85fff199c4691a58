using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Store;
using Mirror.Dump.Archive;

namespace Mirror.Hosting.Archives;

/// <summary>
/// Archives the volumes of a server when their rules say so, one after another, each at its last consistent mark, and removes what the rules no longer keep. The view that is
/// read holds the image still: what arrives meanwhile is kept aside in the store until the archive is written. Failures are shown as the volume's error, and tried again.
/// </summary>
internal sealed class ArchiveSchedule : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);

    private readonly ArchivePlan plan;
    private readonly Func<IReadOnlyCollection<IMirrorRole>> volumes;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, DateTimeOffset> notBefore = new(StringComparer.Ordinal);
    private Task running = Task.CompletedTask;

    /// <param name="plan">What is to be archived.</param>
    /// <param name="volumes">The volumes of now.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">The log.</param>
    public ArchiveSchedule(ArchivePlan plan, Func<IReadOnlyCollection<IMirrorRole>> volumes, TimeProvider clock, ILogger logger) =>
        (this.plan, this.volumes, this.clock, this.logger) = (plan, volumes, clock, logger);

    /// <summary>Begins to watch the rules.</summary>
    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Looks once at all volumes.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        foreach (IViewedRole volume in volumes().OfType<IViewedRole>())
        {
            string name = volume.Status.Volume;
            if (plan.RuleOf(name) is not { } rule) continue;
            try
            {
                if (notBefore.TryGetValue(name, out DateTimeOffset due) && clock.GetUtcNow() < due) continue;
                await KeepAsync(volume, name, rule, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or MirrorControlException or NotSupportedException)
            {
                if (volume.ArchiveError is null || !volume.ArchiveError.EndsWith(e.Message, StringComparison.Ordinal)) ServiceLog.ArchiveFailed(logger, name, PlainText.Clean(e.Message));
                volume.ArchiveError = $"Volume {name}: no archive by the rule {rule}: {e.Message}";
                notBefore[name] = clock.GetUtcNow() + RetryAfter;
            }
        }
    }

    /// <summary>Ends; an archive that is being written is given up, and nothing of it stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(Interval, clock);
        try
        {
            do await LookAsync(stop.Token).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private async Task KeepAsync(IViewedRole volume, string name, SnapshotRule rule, CancellationToken cancellation)
    {
        ArchiveShelf shelf = new(plan.Directory, name);
        DateTimeOffset now = clock.GetUtcNow();
        // Names have whole seconds.
        DateTimeOffset time = new(now.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        if (rule.IsDue(shelf.Times(), now))
        {
            using IConsistentView? view = await volume.OpenConsistentAsync(cancellation).ConfigureAwait(false);
            if (view is null) return;
            ArchiveRun run = new(name, view, plan, shelf, time);
            IReadOnlyList<DumpResult> written = run.Write(said => ServiceLog.ArchiveNote(logger, name, PlainText.Clean(said)), cancellation);
            foreach (DumpResult one in written) ServiceLog.Archived(logger, name, one.Archive!, one.Directories + one.Files, one.WrittenBytes);
            string[] problems = [.. written.SelectMany(w => w.Problems)];
            foreach (string problem in problems.Take(10)) ServiceLog.ArchiveNote(logger, name, PlainText.Clean(problem));
            volume.ArchiveError = problems.Length == 0 ? null : $"Volume {name}: {problems.Length} inodes could not be archived whole; the first: {problems[0]}";
            notBefore.Remove(name);
        }
        foreach (DateTimeOffset expired in rule.Expired(shelf.Times(), t => t, now))
        {
            shelf.Remove(expired);
            ServiceLog.ArchiveRemoved(logger, name, expired, rule.ToString());
        }
    }
}
