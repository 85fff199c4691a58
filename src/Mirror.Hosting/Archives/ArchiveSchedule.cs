using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Store;
using Mirror.Dump;
using Mirror.Dump.Archive;

namespace Mirror.Hosting.Archives;

/// <summary>
/// Archives the volumes of a server when their rules say so, one after another, each at its last consistent mark, and removes what the rules no longer keep. The view that is
/// read holds the image still: what arrives meanwhile is kept aside in the store until the archive is written. Failures are shown as the volume's error, with the next step, and tried again.
/// </summary>
internal sealed class ArchiveSchedule : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);
    private const int NoSpace = 28;     // ENOSPC, which the base library keeps as it is

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
                string error = $"Volume {name}: no archive by the rule {rule}: {NextStep(name, e)} It is tried again every ten minutes.";
                if (volume.ArchiveError != error) ServiceLog.ArchiveFailed(logger, name, PlainText.Clean(NextStep(name, e)));
                volume.ArchiveError = error;
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

    private async Task KeepAsync(IViewedRole volume, string name, ArchiveRule rule, CancellationToken cancellation)
    {
        ArchiveShelf shelf = new(plan.Directory, name);
        DateTimeOffset now = clock.GetUtcNow();
        // Names have whole seconds.
        DateTimeOffset time = new(now.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        IReadOnlyList<ShelvedArchive> there = shelf.Archives();
        Show(volume, there);
        if (rule.Due(there, now) is { } level)
        {
            using IConsistentView? view = await volume.OpenConsistentAsync(cancellation).ConfigureAwait(false);
            if (view is null) return;
            ArchiveRun run = new(name, view, plan, shelf, time, level);
            IReadOnlyList<DumpResult> written = run.Write(said => ServiceLog.ArchiveNote(logger, name, PlainText.Clean(said)), cancellation);
            foreach (DumpResult one in written) ServiceLog.Archived(logger, name, one.Level, one.Archive!, one.Directories + one.Files, one.WrittenBytes);
            string[] problems = [.. written.SelectMany(w => w.Problems)];
            foreach (string problem in problems.Take(10)) ServiceLog.ArchiveNote(logger, name, PlainText.Clean(problem));
            volume.ArchiveError = problems.Length == 0 ? null : $"Volume {name}: {problems.Length} inodes could not be archived whole; the first: {problems[0]}";
            notBefore.Remove(name);
        }
        there = shelf.Archives();
        Show(volume, there);
        foreach (DateTimeOffset expired in rule.Expired(there, now))
        {
            shelf.Remove(expired);
            ServiceLog.ArchiveRemoved(logger, name, expired, rule.ToString());
        }
    }

    private static void Show(IViewedRole volume, IReadOnlyList<ShelvedArchive> archives)
    {
        if (archives.Count == 0) return;
        DateTimeOffset newest = archives[^1].Time;
        volume.LastArchive = new LastArchive(newest, archives.Where(a => a.Time == newest).Max(a => a.Level));
    }

    /// <summary>What failed, and what to do about it.</summary>
    private string NextStep(string volume, Exception e) => e switch
    {
        MirrorControlException => e.Message,
        IOException when (e.HResult & 0xFFFF) == NoSpace => $"{e.Message} Make room in {plan.Directory}, or let the rule keep fewer.",
        DamagedException or NotSupportedException => $"{e.Message} 'diskmirror mount {volume} --at DIR' shows what can be read; 'archive-volume = {volume}=none' leaves the volume out.",
        UnauthorizedAccessException => $"{e.Message} Let the server write into {plan.Directory} (ReadWritePaths of its unit).",
        _ => $"{e.Message} See to {plan.Directory} and to the volume's image.",
    };
}
