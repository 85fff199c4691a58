namespace Mirror.Core.Control;

/// <summary>A server, as far as its volumes come, change their names and go. Failures are <see cref="MirrorControlException"/> with words for the administrator.</summary>
public interface IStoreHost : IMirrorHost
{
    /// <summary>Gives a volume another name. Its client must have been stopped, and needs a secret for the new name.</summary>
    Task RenameVolumeAsync(string volume, string to, CancellationToken cancellation);

    /// <summary>Deletes a volume, its image and its history. Its client must have been stopped.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="minimumAge">It is left when its last consistent state, or a snapshot, is younger.</param>
    /// <param name="cancellation">Gives up waiting; what was begun goes on.</param>
    Task<DeletedVolume> DeleteVolumeAsync(string volume, TimeSpan minimumAge, CancellationToken cancellation);

    /// <summary>Takes a volume out of service, so that its directory can be copied or moved while the server goes on. Its client is told to come again later.</summary>
    /// <returns>The volume's directory.</returns>
    Task<string> ReleaseVolumeAsync(string volume, CancellationToken cancellation);

    /// <summary>Takes a volume into service whose directory is in the store: one that was released, or was copied there. Where there is none, a client of this name may begin one again.</summary>
    Task TakeVolumeAsync(string volume, CancellationToken cancellation);
}
