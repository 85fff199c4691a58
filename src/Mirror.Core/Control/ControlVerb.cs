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
}
