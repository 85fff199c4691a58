namespace Mirror.Core.Operations;

/// <summary>Why a wait did not come to its goal.</summary>
public enum WaitFailure : byte
{
    /// <summary>It did.</summary>
    None = 0,

    /// <summary>Time was over.</summary>
    TimedOut = 1,

    /// <summary>The volume does not run on this host.</summary>
    NotRunning = 2,

    /// <summary>The volume waits for the administrator.</summary>
    NeedsAdministrator = 3,
}
