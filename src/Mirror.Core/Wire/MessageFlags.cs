namespace Mirror.Core.Wire;

/// <summary>Flags of IDENTIFY.</summary>
[Flags]
public enum IdentifyFlags : byte
{
    None = 0,

    /// <summary>Record this identity in place of the earlier one.</summary>
    Adopt = 1,

    /// <summary>Adopt, and let a scan change as much of the image as it must; the size may change too.</summary>
    AdoptAndReplace = 2,

    /// <summary>The tap does not see writes; the disk is compared at intervals.</summary>
    RescanOnly = 4,
}

/// <summary>Flags of WELCOME.</summary>
[Flags]
public enum WelcomeFlags : byte
{
    None = 0,

    /// <summary>The volume has been consistent before.</summary>
    HasBeenConsistent = 1,

    /// <summary>A guarded scan is unfinished: only a scan may follow.</summary>
    GuardedScanUnfinished = 2,
}

/// <summary>Flags of MARK.</summary>
[Flags]
public enum MarkFlags : byte
{
    None = 0,

    /// <summary>At this mark the image equals the disk at one instant of its write order.</summary>
    Consistent = 1,
}

/// <summary>Flags of SCAN_BEGIN.</summary>
[Flags]
public enum ScanBeginFlags : byte
{
    None = 0,

    /// <summary>Go on with the scan of this incarnation.</summary>
    Continue = 1,
}

/// <summary>Flags of SCAN_BEGUN.</summary>
[Flags]
public enum ScanBegunFlags : byte
{
    None = 0,

    /// <summary>Compare the whole disk first; nothing is sent before SCAN_PROCEED.</summary>
    Guarded = 1,
}

/// <summary>Flags of HASHES.</summary>
[Flags]
public enum HashesFlags : byte
{
    None = 0,

    /// <summary>All of these units are zero, and no tags follow.</summary>
    AllZero = 1,
}

/// <summary>Flags of RESTORE_BEGIN.</summary>
[Flags]
public enum RestoreBeginFlags : byte
{
    None = 0,

    /// <summary>An image that is no instant of the disk will do.</summary>
    AsItIs = 1,
}

/// <summary>Flags of RESTORE_VIEW.</summary>
[Flags]
public enum RestoreViewFlags : byte
{
    None = 0,

    /// <summary>The view is the disk at one instant of its write order, and does not change.</summary>
    Consistent = 1,
}
