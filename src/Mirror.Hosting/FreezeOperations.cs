using Mirror.Core.Control;
using Mirror.Core.Operations;

namespace Mirror.Hosting;

/// <summary>
/// Lets a snapshot show a file system, or a database, at rest: freezes it, waits until the server has just that on stable storage, has the snapshot taken, and thaws.
/// A freeze stops writers, so it is bounded in time and undone by a process of its own (<see cref="FreezeGuard"/>), also when this one is killed.
/// </summary>
public static class FreezeOperations
{
    /// <summary>Runs it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellation">Ends it; everything is undone.</param>
    /// <exception cref="MirrorControlException">It was not reached in time, or a command failed. Everything is undone all the same.</exception>
    public static async Task RunAsync(FreezeRequest request, CancellationToken cancellation)
    {
        if (!(request.Seconds >= FreezeRequest.LeastSeconds && request.Seconds <= FreezeRequest.MostSeconds))
            throw new MirrorControlException(FormattableString.Invariant($"A freeze lasts from {FreezeRequest.LeastSeconds} to {FreezeRequest.MostSeconds} seconds, not {request.Seconds}.")) { Failure = ControlFailure.Invalid };
        var client = new ControlClient(ControlDirectory.Default);
        // What cannot be had is found out before anything is stopped.
        ControlSurvey survey = await client.SurveyAsync(cancellation).ConfigureAwait(false);
        if (!survey.Volumes.Any(v => v.Volume == request.Volume && v.Role == MirrorRole.Client))
            throw new MirrorControlException($"No client of volume {request.Volume} runs on this host. A file system is frozen where its disk is.") { Failure = ControlFailure.NotRunning };
        if (request.Snapshot is not null && !survey.Volumes.Any(v => v.Volume == request.Volume && v.Role == MirrorRole.Server))
            throw new MirrorControlException($"The server of volume {request.Volume} does not run on this host: let a command take the snapshot there, for instance 'ssh SERVER diskmirror snapshot new {request.Volume} --name NAME'.") { Failure = ControlFailure.NotRunning };
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            if (request.Before is { } before) await ShellCommand.RunAsync(before, "The command before the freeze", cancellation).ConfigureAwait(false);
            FreezeGuard? guard = request.Mounts.Count == 0 ? null : await FreezeGuard.FreezeAsync(request.Mounts, request.Seconds, cancellation).ConfigureAwait(false);
            late.CancelAfter(TimeSpan.FromSeconds(request.Seconds));
            try
            {
                await client.WaitIdleAsync(request.Volume, late.Token).ConfigureAwait(false);
                if (request.Snapshot is { } name) await client.NewSnapshotAsync(request.Volume, name, late.Token).ConfigureAwait(false);
                if (request.Command is { } command) await ShellCommand.RunAsync(command, "The command", late.Token).ConfigureAwait(false);
            }
            finally
            {
                if (guard is not null) await guard.ThawAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MirrorControlException($"Volume {request.Volume}: what was to be done took longer than {Durations.Format(request.Seconds)}. Everything is undone; no snapshot of this name is to be trusted. Look at 'diskmirror status {request.Volume}': is it Live, and the link fast enough?");
        }
        finally
        {
            if (request.After is { } after) await ShellCommand.RunAsync(after, "The command after the freeze", CancellationToken.None).ConfigureAwait(false);
        }
    }
}
