namespace Mirror.Core.Client;

/// <summary>What a transition asks the session to do, in the order of the flags.</summary>
[Flags]
public enum ClientEffects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Lower the rate to Off: the bitmaps collect from here on.</summary>
    TapOff = 1,

    /// <summary>Make everything marked since the last commit pending.</summary>
    Collect = 2,

    /// <summary>Ask the server to begin a scan, and compare from the start (or where the scan of this incarnation stopped).</summary>
    BeginScan = 4,

    /// <summary>Tell the server the new state.</summary>
    TellServer = 8,

    /// <summary>Keep what was under way as pending, and connect again.</summary>
    Reconnect = 16,
}
