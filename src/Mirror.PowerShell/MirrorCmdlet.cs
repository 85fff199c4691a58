using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;

namespace Mirror.PowerShell;

/// <summary>
/// What all cmdlets share: one record is one call of an operation, whose failure becomes an error with its id; work runs on the pool, and what it
/// tells meanwhile is queued and written on the pipeline's thread; Ctrl-C cancels a real token. A cmdlet says what to call, and nothing else.
/// </summary>
public abstract class MirrorCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private IPipeline? pipeline;

    /// <summary>Where results go.</summary>
    internal IPipeline Pipeline
    {
        get => pipeline ??= new CmdletPipeline(this);
        set => pipeline = value;
    }

    /// <summary>Set when the user or the shell stops the pipeline.</summary>
    internal CancellationToken StopToken => stopping.Token;

    /// <summary>Whether a failure ends the cmdlet, instead of only its record.</summary>
    private protected virtual bool FailureEnds => false;

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    /// <summary>Does the cmdlet's work for one record.</summary>
    private protected abstract void Process();

    /// <summary>What an error of this record is about.</summary>
    private protected virtual object? Target => null;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guard(Process);

    /// <inheritdoc/>
    protected override void StopProcessing() => stopping.Cancel();

    /// <summary>Runs something, and makes an error record of its failure.</summary>
    internal void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is not PipelineStoppedException and not RuntimeException)
        {
            (string id, ErrorCategory category) = ErrorMap.Of(e);
            Pipeline.Error(e, id, category, Target, FailureEnds);
        }
    }

    /// <summary>Runs an operation on the pool, and writes what it posts on this thread until it has ended.</summary>
    internal T RunPosting<T>(Func<IPost, Task<T>> work)
    {
        using PipelineQueue queue = new();
        Task<T> task = Task.Run(() => work(queue));
        _ = task.ContinueWith(_ => queue.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        queue.Drain(Pipeline);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Runs an operation that tells its progress, and shows it.</summary>
    internal T RunWithProgress<T>(string activity, Func<IProgress<MirrorStatus>, Task<T>> work) => RunShowing(activity, post => work(new ProgressPost(post, activity)));

    /// <summary>Runs an operation that posts its progress as <paramref name="activity"/>, which is taken away when it ends.</summary>
    internal T RunShowing<T>(string activity, Func<IPost, Task<T>> work)
    {
        try
        {
            return RunPosting(work);
        }
        finally
        {
            // A stopped pipeline takes no more records, and its progress away by itself.
            if (!stopping.IsCancellationRequested) Pipeline.Progress(activity, " ", 1, null);
        }
    }

    /// <summary>Runs an operation.</summary>
    internal T Run<T>(Func<CancellationToken, Task<T>> work) => RunPosting(_ => work(StopToken));

    /// <summary>Stays with a hosted mirror until it ends or the pipeline is stopped, and writes what happens meanwhile.</summary>
    internal void StayWith(HostedMirror mirror)
    {
        HostedClient? client = mirror as HostedClient;
        RunWithProgress(client is null ? $"Server {mirror.Process.Name}" : $"Mirroring {client.Volume}", async progress =>
        {
            IPost post = ((ProgressPost)progress).Post;
            void OnHappened(object? sender, MirrorEventArgs happened) => post.Post(p => Write(p, happened));
            mirror.Happened += OnHappened;
            // What went wrong before this was listened to is told by nobody else.
            if (client?.LastError is { } already) post.Post(p => p.Warning($"{client.Volume}: {already}"));
            using CancellationTokenSource ended = new();
            Task showing = client is null ? Task.CompletedTask : ShowAsync(client, progress, ended.Token);
            try
            {
                await ServiceHost.RunAsync(mirror, StopToken).ConfigureAwait(false);
                return true;
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await showing.ConfigureAwait(false);
                mirror.Happened -= OnHappened;
            }
        });
    }

    /// <summary>A path that the user gave, in full; null when none was.</summary>
    internal string? Full(string? path) => string.IsNullOrEmpty(path) ? null : Pipeline.FullPath(path);

    /// <summary>A time to wait.</summary>
    internal static TimeSpan TimeLimit(double? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : Timeout.InfiniteTimeSpan;

    /// <summary>Writes an event as a record.</summary>
    internal static void Write(IPipeline pipeline, MirrorEventArgs happened)
    {
        if (happened.Kind is MirrorEventKind.Error or MirrorEventKind.Notice) pipeline.Warning(happened.Message);
        else pipeline.Verbose(happened.Message);
    }

    /// <summary>Writes the error of a wait that did not come to its goal.</summary>
    internal void WaitError(string volume, WaitResult result)
    {
        (string id, ErrorCategory category) = result.Failure switch
        {
            WaitFailure.TimedOut => (ErrorIds.TimedOut, ErrorCategory.OperationTimeout),
            WaitFailure.NotRunning => (ErrorIds.NotRunning, ErrorCategory.ObjectNotFound),
            _ => (ErrorIds.NeedsAdministrator, ErrorCategory.InvalidOperation),
        };
        Pipeline.Error(new MirrorControlException(result.Reason!), id, category, volume, terminating: false);
    }

    private static async Task ShowAsync(HostedClient client, IProgress<MirrorStatus> progress, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            progress.Report(client.Status);
            await Task.Delay(TimeSpan.FromSeconds(0.5), ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class ProgressPost(IPost post, string activity) : IProgress<MirrorStatus>
    {
        private long mostPending;

        public IPost Post => post;

        public void Report(MirrorStatus value)
        {
            double done = StatusText.Done(value, ref mostPending);
            post.Post(p => p.Progress(activity, PlainText.Clean(StatusText.Line(value)), done, value.SecondsLeft));
        }
    }
}
