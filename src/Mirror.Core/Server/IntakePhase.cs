namespace Mirror.Core.Server;

/// <summary>Where a connection stands after WELCOME (docs/protocol.md, "Which message is legal when").</summary>
internal enum IntakePhase
{
    /// <summary>After WELCOME.</summary>
    Welcomed,

    /// <summary>After WELCOME, while a guarded scan is unfinished: only a scan may follow.</summary>
    ScanRequired,

    /// <summary>SCAN_BEGIN has been read and not been answered.</summary>
    Beginning,

    /// <summary>A guarded scan compares; nothing may be written.</summary>
    Guarded,

    /// <summary>SCAN_COMPARED has been read and not been answered.</summary>
    Judging,

    /// <summary>A scan that sends.</summary>
    Scan,

    /// <summary>State CatchUp.</summary>
    CatchUp,

    /// <summary>State Live.</summary>
    Live,

    /// <summary>State Rescan.</summary>
    Rescan,

    /// <summary>Over; stays so.</summary>
    Ended,
}
