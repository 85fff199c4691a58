namespace Mirror.Core.Control;

/// <summary>Why a request could not be met.</summary>
public enum ControlFailure : byte
{
    /// <summary>The process that was asked refused, or could not do it.</summary>
    Refused = 0,

    /// <summary>What was named does not run on this host.</summary>
    NotRunning = 1,

    /// <summary>Somebody else has it already.</summary>
    InUse = 2,

    /// <summary>The control directory or a socket in it cannot be used.</summary>
    Unreachable = 3,

    /// <summary>More than one could be meant.</summary>
    Ambiguous = 4,

    /// <summary>The volume is there, and what was named of it is not.</summary>
    NotFound = 5,

    /// <summary>A name or value is none.</summary>
    Invalid = 6,

    /// <summary>The file system of the store cannot clone files.</summary>
    CloneUnsupported = 7,
}
