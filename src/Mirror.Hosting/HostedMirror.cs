using System.Reflection;
using Microsoft.Extensions.Logging;
using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>
/// A client or server that runs in this process and can be held: by a shell, which goes on meanwhile, or by <see cref="ServiceHost"/>. It has a
/// control socket, so that every face in every shell of this host reaches it, and it frees what it holds by itself when it ends, however it does.
/// </summary>
public abstract class HostedMirror : IMirrorHost
{
    private readonly ILoggerFactory logs;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Everything that it held is free: whoever asked for the end may start it again.
    private readonly TaskCompletionSource freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StatusWatch? watch;

    private protected HostedMirror(ILoggerFactory logs)
    {
        this.logs = logs;
        Logger = logs.CreateLogger("DiskMirror");
    }

    /// <summary>Another state of a volume. Raised on a thread of the pool.</summary>
    public event EventHandler<MirrorEventArgs>? StateChanged;

    /// <summary>Another rate of a volume.</summary>
    public event EventHandler<MirrorEventArgs>? RateChanged;

    /// <summary>Something went wrong, or a volume needs the administrator.</summary>
    public event EventHandler<MirrorEventArgs>? ErrorOccurred;

    /// <summary>The mirror has ended, by whatever cause.</summary>
    public event EventHandler<MirrorEventArgs>? Stopped;

    /// <summary>Everything that happens: the events above, and notices.</summary>
    public event EventHandler<MirrorEventArgs>? Happened;

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(HostedMirror).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>What runs.</summary>
    public abstract MirrorProcess Process { get; }

    /// <summary>Whether it runs still.</summary>
    public bool IsRunning => !freed.Task.IsCompleted;

    /// <summary>Completes when it has ended and everything that it held is free; fails when the engine could not go on.</summary>
    public Task Completion => ended.Task;

    /// <summary>What this process, or the shell that is one, runs now.</summary>
    public static IReadOnlyList<HostedMirror> Running => HostedMirrors.All;

    /// <summary>Ends all that this process runs as a signal would, clients with their taps marking on, and waits a few seconds at most.</summary>
    public static void StopAll() => HostedMirrors.StopAll();

    /// <summary>The log.</summary>
    private protected ILogger Logger { get; }

    /// <summary>The ends of volumes that it has now.</summary>
    internal abstract IReadOnlyCollection<IMirrorRole> Roles { get; }

    /// <summary>The same as control reaches them.</summary>
    /// <param name="free">Completes when all that the mirror held is free.</param>
    private protected virtual IReadOnlyCollection<IMirrorRole> ReachedRoles(Task free) => Roles;

    /// <summary>Asks the engine for a clean end. Of a client the tap goes on marking, so that the next start resumes.</summary>
    public abstract Task ShutdownAsync();

    /// <summary>For control: returns when all is free.</summary>
    async Task IMirrorHost.ShutdownAsync()
    {
        await ShutdownAsync().ConfigureAwait(false);
        await freed.Task.ConfigureAwait(false);
    }

    /// <summary>Writes into the log of this mirror.</summary>
    internal void Log(Action<ILogger> write) => write(Logger);

    /// <summary>Opens the control socket and runs the engine; from here on the mirror ends by itself or by <see cref="ShutdownAsync"/>.</summary>
    /// <param name="directory">Where the control socket is made.</param>
    /// <param name="run">The engine's work.</param>
    /// <param name="free">Frees what belongs to it.</param>
    private protected void Begin(ControlDirectory directory, Func<Task> run, Func<ValueTask> free)
    {
        MirrorProcess process = Process;
        ServiceLog.Starts(Logger, Version, Description);
        ControlHost control = ControlHost.Start(directory, process.Role, () => IsRunning ? ReachedRoles(freed.Task) : [], logs.CreateLogger("DiskMirror.Control"), this);
        watch = new StatusWatch(() => Roles, Raise, statesAreTold: process.Role == MirrorRole.Client);
        HostedMirrors.Add(this);
        Task running = run();
        _ = EndAsync(running, control, free);
    }

    /// <summary>What runs, for the log.</summary>
    private protected abstract string Description { get; }

    /// <summary>Tells an event that watching does not find.</summary>
    private protected void Tell(MirrorEventKind kind, string volume, string what, MirrorStatus? status = null) =>
        watch?.Tell(new MirrorEventArgs(kind, volume, $"{volume}: {what}", status));

    private async Task EndAsync(Task running, ControlHost control, Func<ValueTask> free)
    {
        Exception? failure = null;
        try
        {
            await running.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }
        string name = Process.Name;
        try
        {
            await free().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure ??= e;
        }
        // The socket goes at once, so that nobody finds what has ended; then the answer to whoever ended it is sent.
        Task closing = control.DisposeAsync().AsTask();
        freed.SetResult();
        await closing.ConfigureAwait(false);
        HostedMirrors.Remove(this);
        if (failure is not null) ServiceLog.Failed(Logger, name, failure.Message);
        else ServiceLog.Stopped(Logger);
        Tell(MirrorEventKind.Stopped, name, failure is null ? "stopped" : $"ended: {failure.Message}");
        if (watch is not null) await watch.DisposeAsync().ConfigureAwait(false);
        logs.Dispose();
        if (failure is null) ended.SetResult();
        else ended.SetException(failure);
        // Nobody needs to wait for a mirror that a shell has let go.
        _ = ended.Task.Exception;
    }

    private void Raise(MirrorEventArgs happened)
    {
        RaiseOne(Happened, happened);
        RaiseOne(happened.Kind switch
        {
            MirrorEventKind.State => StateChanged,
            MirrorEventKind.Rate => RateChanged,
            MirrorEventKind.Error => ErrorOccurred,
            MirrorEventKind.Stopped => Stopped,
            _ => null,
        }, happened);
    }

    private void RaiseOne(EventHandler<MirrorEventArgs>? handlers, MirrorEventArgs happened)
    {
        foreach (Delegate handler in handlers?.GetInvocationList() ?? [])
        {
            try
            {
                ((EventHandler<MirrorEventArgs>)handler)(this, happened);
            }
            catch (Exception e)
            {
                ServiceLog.SubscriberFailed(Logger, happened.Volume, e.Message);
            }
        }
    }
}
