using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Keeps the last consistent state of a volume as a snapshot before another disk takes its place, or a scan that the administrator has allowed overwrites most of it. No rule
/// removes such a snapshot: it stays until an administrator does. Where the file system cannot clone there is nothing to keep it in; the log says so, and the replacement,
/// which was asked for with these words, goes on.
/// </summary>
internal sealed class ReplacedState(string volume, VolumeStore store, VolumeLimits limits, TimeProvider clock, ILogger logger)
{
    /// <summary>What the names of such snapshots begin with.</summary>
    public const string Prefix = "replaced-";

    /// <summary>Keeps it, unless a snapshot of the same mark is there already. Blocks for a few seconds at most.</summary>
    /// <exception cref="RefusalException">It cannot be kept now: the client comes again.</exception>
    public void Keep()
    {
        using var late = new CancellationTokenSource(limits.Fence, clock);
        try
        {
            using IConsistentView? view = store.OpenConsistent(settled: true, late.Token);
            if (view is null) return;
            long mark = (long)Math.Min(view.Mark.N, long.MaxValue);
            if (store.History.List(count: false).Any(s => s.Mark == mark && s.DiskTime.ToUnixTimeMilliseconds() == (long)view.Mark.Time)) return;
            SnapshotInfo kept = store.History.Create(view, store.History.FreeName(Prefix, clock.GetUtcNow()), store.Record!, clock);
            VolumeLog.ReplacedKept(logger, volume, kept.Name, kept.Mark);
        }
        catch (CloneUnsupportedException e)
        {
            VolumeLog.ReplacedNotKept(logger, volume, e.Message);
        }
        catch (OperationCanceledException)
        {
            throw new RefusalException(RefusalCode.Busy, $"Volume {volume}: the image is being brought to its last consistent state, or read, before that is kept and another disk takes its place.", limits.BusyRetrySeconds);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw store.Refusal(e);
        }
    }
}
