using System.Runtime.ExceptionServices;

namespace Mirror.Dump.Archive;

/// <summary>The threads of a pipeline's stages, in the background. The error of one stops all; the first one is kept.</summary>
/// <param name="cancellation">Stops them too.</param>
internal sealed class StageThreads(CancellationToken cancellation = default) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly List<Thread> _threads = [];
    private ExceptionDispatchInfo? _failure;

    /// <summary>What stages wait with.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Starts a stage.</summary>
    public Thread Start(string name, Action body)
    {
        Thread thread = new(() =>
        {
            try
            {
                body();
            }
            catch (OperationCanceledException)
            {
                // Another stage failed, or the caller gave up.
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                _stop.Cancel();
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        _threads.Add(thread);
        thread.Start();
        return thread;
    }

    /// <summary>Throws what a stage threw, if one has.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>Stops all stages as soon as they look.</summary>
    public void Cancel() => _stop.Cancel();

    /// <summary>Waits for the end of all stages.</summary>
    /// <returns>False when one did not end in time; what it uses must not be disposed then.</returns>
    public bool Join(TimeSpan each) => _threads.TrueForAll(t => t.Join(each));

    public void Dispose() => _stop.Dispose();
}
