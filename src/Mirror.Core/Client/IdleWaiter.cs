namespace Mirror.Core.Client;

/// <summary>Somebody who waits until everything written before a moment is safe.</summary>
/// <param name="Done">Completed when it is.</param>
/// <param name="FirstMark">The first mark that was begun after the moment.</param>
/// <param name="Scans">Scans that had begun before the moment.</param>
internal sealed record IdleWaiter(TaskCompletionSource Done, ulong FirstMark, long Scans);
