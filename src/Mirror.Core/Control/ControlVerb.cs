namespace Mirror.Core.Control;

/// <summary>What can be asked of a running process.</summary>
internal enum ControlVerb : byte
{
    /// <summary>The status of one volume, or of all.</summary>
    Status,

    /// <summary>Answer when <see cref="IMirrorRole.WaitIdleAsync"/> completes.</summary>
    WaitIdle,

    /// <summary><see cref="IMirrorRole.RescanAsync"/>.</summary>
    Rescan,

    /// <summary><see cref="IMirrorRole.AdoptAsync"/>.</summary>
    Adopt,

    /// <summary><see cref="IMirrorRole.StopAsync"/>.</summary>
    Stop,

    /// <summary><see cref="IHistoryRole.SnapshotsAsync"/>.</summary>
    Snapshots,

    /// <summary><see cref="IHistoryRole.NewSnapshotAsync"/>.</summary>
    NewSnapshot,

    /// <summary><see cref="IHistoryRole.RemoveSnapshotAsync"/>.</summary>
    RemoveSnapshot,

    /// <summary><see cref="IHistoryRole.SetSnapshotRuleAsync"/>.</summary>
    SnapshotRule,

    /// <summary><see cref="IMirrorHost.ShutdownAsync"/>.</summary>
    Shutdown,

    /// <summary>Answer with the result of <see cref="IMirrorRole.VerifyAsync"/>.</summary>
    Verify,

    /// <summary><see cref="IStoreHost.RenameVolumeAsync"/>.</summary>
    RenameVolume,

    /// <summary><see cref="IStoreHost.DeleteVolumeAsync"/>.</summary>
    DeleteVolume,

    /// <summary><see cref="IStoreHost.ReleaseVolumeAsync"/>.</summary>
    ReleaseVolume,

    /// <summary><see cref="IStoreHost.TakeVolumeAsync"/>.</summary>
    TakeVolume,
}
