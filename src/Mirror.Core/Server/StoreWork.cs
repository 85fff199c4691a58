namespace Mirror.Core.Server;

/// <summary>Runs work that may block on storage on a thread of its own, so that one volume's stalled disk does not take the pool's threads from the others.</summary>
internal static class StoreWork
{
    /// <summary>Runs <paramref name="work"/> and completes when it has ended.</summary>
    public static Task Run(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Runs <paramref name="work"/> and gives its result.</summary>
    public static Task<T> Run<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
