using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>
/// Lets a process be a service: waits until a hosted mirror ends or a signal asks it to, and tells systemd meanwhile. The engines know nothing of it.
/// </summary>
public static class ServiceHost
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Runs to the end.</summary>
    /// <param name="mirror">What runs already.</param>
    /// <param name="signal">Set by SIGTERM and SIGINT, or when whoever waits is stopped.</param>
    public static async Task RunAsync(HostedMirror mirror, CancellationToken signal)
    {
        using ServiceNotifier notifier = ServiceNotifier.FromEnvironment();
        if (mirror.IsRunning) notifier.Ready();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(signal);
        Task telling = TellAsync(notifier, mirror, ended.Token);
        TaskCompletionSource signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (signal.Register(signalled.SetResult).ConfigureAwait(false))
        {
            if (await Task.WhenAny(mirror.Completion, signalled.Task).ConfigureAwait(false) != mirror.Completion)
            {
                notifier.Stopping();
                if (mirror.Process.Role == MirrorRole.Client) mirror.Log(ServiceLog.StopsTracking);
                else mirror.Log(ServiceLog.Stops);
                await mirror.ShutdownAsync().ConfigureAwait(false);
            }
        }
        await ended.CancelAsync().ConfigureAwait(false);
        await telling.ConfigureAwait(false);
        await mirror.Completion.ConfigureAwait(false);
        notifier.Stopping();
    }

    /// <summary>Tells systemd what <c>systemctl status</c> shows, and that the process is not hung: it can say its status.</summary>
    private static async Task TellAsync(ServiceNotifier notifier, HostedMirror mirror, CancellationToken ended)
    {
        TimeSpan interval = notifier.WatchdogInterval is { } watchdog && watchdog < Interval ? watchdog : Interval;
        while (!ended.IsCancellationRequested)
        {
            notifier.Status(Summary(mirror.Roles));
            notifier.Alive();
            await Task.Delay(interval, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string Summary(IReadOnlyCollection<IMirrorRole> roles)
    {
        MirrorStatus[] all = [.. roles.Select(r => r.Status)];
        return all switch
        {
            [] => "No volume yet",
            [var one] => $"{one.Volume}: {Core.Operations.StatusText.Line(one)}",
            _ => string.Join(", ", all.GroupBy(s => s.State).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key}")),
        };
    }
}
