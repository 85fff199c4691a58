namespace Mirror.PowerShell;

/// <summary>The ids of errors. They are part of the interface: scripts test them, so none is ever changed.</summary>
internal static class ErrorIds
{
    /// <summary>A setting that must be there is not given by parameter, configuration file or environment.</summary>
    public const string SettingMissing = "SettingMissing";

    /// <summary>A setting is wrong.</summary>
    public const string SettingInvalid = "SettingInvalid";

    /// <summary>A secret cannot be used.</summary>
    public const string SecretUnusable = "SecretUnusable";

    /// <summary>No disk of this host is what was named.</summary>
    public const string DiskNotFound = "DiskNotFound";

    /// <summary>The writes of the disk cannot be seen, and nothing less was allowed.</summary>
    public const string TapUnavailable = "TapUnavailable";

    /// <summary>What was named does not run (or is not registered) on this host.</summary>
    public const string NotRunning = "NotRunning";

    /// <summary>Several could be meant.</summary>
    public const string Ambiguous = "Ambiguous";

    /// <summary>It is there, or in use, already.</summary>
    public const string InUse = "InUse";

    /// <summary>The control directory, or the process behind a socket, cannot be reached.</summary>
    public const string Unreachable = "Unreachable";

    /// <summary>The volume has no snapshot of this name.</summary>
    public const string SnapshotNotFound = "SnapshotNotFound";

    /// <summary>The file system of the store cannot clone files, so it has no snapshots.</summary>
    public const string CloneUnsupported = "CloneUnsupported";

    /// <summary>An image cannot be mounted, or a mount cannot be ended.</summary>
    public const string MountFailed = "MountFailed";

    /// <summary>A disk or file may not be, or cannot be, overwritten.</summary>
    public const string TargetUnusable = "TargetUnusable";

    /// <summary>A restore was refused by the server, or could not go on.</summary>
    public const string RestoreFailed = "RestoreFailed";

    /// <summary>An archive or a file system is damaged so that nothing can be read, or is none.</summary>
    public const string ArchiveUnusable = "ArchiveUnusable";

    /// <summary>Something of an archive or a file system is damaged, lost or could not be done; everything else was.</summary>
    public const string Incomplete = "Incomplete";

    /// <summary>The process that was asked refused.</summary>
    public const string Refused = "Refused";

    /// <summary>A wait was not over in its time.</summary>
    public const string TimedOut = "TimedOut";

    /// <summary>What is waited for needs the administrator first.</summary>
    public const string NeedsAdministrator = "NeedsAdministrator";

    /// <summary>A file or disk may not be used by this user.</summary>
    public const string AccessDenied = "AccessDenied";

    /// <summary>A file, disk or address could not be read, written or used.</summary>
    public const string InputOutput = "InputOutput";

    /// <summary>Something else: a defect.</summary>
    public const string Unexpected = "Unexpected";
}
