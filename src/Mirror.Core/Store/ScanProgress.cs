namespace Mirror.Core.Store;

/// <summary>How far the scan of the present incarnation has come. Outlives connections and restarts.</summary>
public enum ScanProgress
{
    /// <summary>No scan is unfinished.</summary>
    None = 0,

    /// <summary>A guarded scan compares; nothing may be written.</summary>
    Comparing = 1,

    /// <summary>A scan sends what differs.</summary>
    Sending = 2,
}
