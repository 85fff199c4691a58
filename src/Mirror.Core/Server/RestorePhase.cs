namespace Mirror.Core.Server;

/// <summary>Where a connection with right <c>restore</c> stands (docs/protocol.md section 7).</summary>
internal enum RestorePhase
{
    /// <summary>After PROVED: RESTORE_BEGIN is to come.</summary>
    Begun,

    /// <summary>After RESTORE_VIEW: the view is read.</summary>
    Reading,

    /// <summary>Over; stays so.</summary>
    Ended,
}
