using System.Collections.Concurrent;

namespace Mirror.PowerShell;

/// <summary>The way of records from other threads to the pipeline's.</summary>
internal sealed class PipelineQueue : IPost, IDisposable
{
    // A console that hangs must not let memory grow: then the newest are left out.
    private const int Most = 4096;

    private readonly BlockingCollection<Action<IPipeline>> waiting = new(Most);

    /// <inheritdoc/>
    public void Post(Action<IPipeline> write)
    {
        try
        {
            waiting.TryAdd(write);
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
        {
            // The cmdlet has ended; nobody reads it any more.
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void Complete() => waiting.CompleteAdding();

    /// <summary>Writes what comes until nothing more does. When writing fails (the pipeline was stopped), what comes is dropped instead: the work is still waited for.</summary>
    public void Drain(IPipeline pipeline)
    {
        Exception? failure = null;
        foreach (Action<IPipeline> write in waiting.GetConsumingEnumerable())
        {
            if (failure is not null) continue;
            try
            {
                write(pipeline);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <inheritdoc/>
    public void Dispose() => waiting.Dispose();
}
