using System.Collections.Concurrent;

namespace Mirror.Driver.Restore;

/// <summary>The threads that do a target's blocking calls, so that a slow disk does not take the pool's.</summary>
internal sealed class TargetThreads : IDisposable
{
    private readonly BlockingCollection<(Action Work, TaskCompletionSource Done)> _queue = [];
    private readonly Thread[] _threads;

    public TargetThreads(int count)
    {
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "restore" };
            _threads[i].Start();
        }
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads. Cancellation counts only until it is queued.</summary>
    public ValueTask RunAsync(Action work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((work, done), CancellationToken.None);
        return new ValueTask(done.Task);
    }

    /// <summary>Ends the threads when what is queued is done.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
        _queue.Dispose();
    }

    private void Run()
    {
        foreach ((Action work, TaskCompletionSource done) in _queue.GetConsumingEnumerable())
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }
}
