using System.Reflection;
using Microsoft.Extensions.Logging;
using Mirror.Core.Control;

namespace Mirror.Cli.Services;

/// <summary>
/// Runs a client or a server until it ends or a signal asks it to: control socket, word to systemd, clean stop. The engines know nothing of it.
/// </summary>
internal sealed class ServiceHost(MirrorRole kind, string what, ILoggerFactory logs)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ILogger logger = logs.CreateLogger("DiskMirror");

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(ServiceHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Runs to the end.</summary>
    /// <param name="directory">Where the control socket is made.</param>
    /// <param name="roles">The volumes of the process.</param>
    /// <param name="run">The engine's work. Ends when the engine was stopped (success) or cannot go on (fault).</param>
    /// <param name="stop">Asks the engine for a clean end.</param>
    /// <param name="signal">Set by SIGTERM and SIGINT.</param>
    public async Task RunAsync(ControlDirectory directory, Func<IReadOnlyCollection<IMirrorRole>> roles, Func<Task> run, Func<Task> stop, CancellationToken signal)
    {
        using ServiceNotifier notifier = ServiceNotifier.FromEnvironment();
        ServiceLog.Starts(logger, Version, what);
        await using ControlHost control = ControlHost.Start(directory, kind, roles, logs.CreateLogger("DiskMirror.Control"));
        Task running = run();
        if (!running.IsCompleted) notifier.Ready();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(signal);
        Task telling = TellAsync(notifier, roles, ended.Token);
        TaskCompletionSource signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (signal.Register(signalled.SetResult))
        {
            if (await Task.WhenAny(running, signalled.Task) != running)
            {
                notifier.Stopping();
                if (kind == MirrorRole.Client) ServiceLog.StopsTracking(logger);
                else ServiceLog.Stops(logger);
                await stop();
            }
        }
        await ended.CancelAsync();
        await telling;
        await running;
        notifier.Stopping();
        ServiceLog.Stopped(logger);
    }

    /// <summary>Tells systemd what <c>systemctl status</c> shows, and that the process is not hung: it can say its status.</summary>
    private static async Task TellAsync(ServiceNotifier notifier, Func<IReadOnlyCollection<IMirrorRole>> roles, CancellationToken ended)
    {
        TimeSpan interval = notifier.WatchdogInterval is { } watchdog && watchdog < Interval ? watchdog : Interval;
        while (!ended.IsCancellationRequested)
        {
            notifier.Status(Summary(roles()));
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
            [var one] => $"{one.Volume}: {Terminal.StatusView.Line(one)}",
            _ => string.Join(", ", all.GroupBy(s => s.State).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key}")),
        };
    }
}
