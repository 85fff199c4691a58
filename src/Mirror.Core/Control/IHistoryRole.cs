namespace Mirror.Core.Control;

/// <summary>An end of a volume that has a history: a server's. Failures are <see cref="MirrorControlException"/> with words for the administrator.</summary>
public interface IHistoryRole : IMirrorRole
{
    /// <summary>Takes a snapshot of the last consistent mark.</summary>
    /// <param name="name">Its name; null for one made of the time. The rule never removes one that was named.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    Task<SnapshotInfo> NewSnapshotAsync(string? name, CancellationToken cancellation);

    /// <summary>Every snapshot, with the bytes unique to each as far as they can be found out in ten seconds.</summary>
    Task<SnapshotHistory> SnapshotsAsync(CancellationToken cancellation);

    /// <summary>Removes a snapshot, whoever took it.</summary>
    Task RemoveSnapshotAsync(string name, CancellationToken cancellation);

    /// <summary>Sets the rule of this volume (see <see cref="Store.SnapshotRule"/>): <c>none</c> takes and removes nothing; null gives the server's own rule back its place.</summary>
    Task SetSnapshotRuleAsync(string? rule, CancellationToken cancellation);
}
