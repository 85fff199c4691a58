namespace Mirror.Hosting;

/// <summary>What happened to a mirror.</summary>
public enum MirrorEventKind : byte
{
    /// <summary>Another state.</summary>
    State,

    /// <summary>Another rate.</summary>
    Rate,

    /// <summary>Something went wrong, or it needs the administrator.</summary>
    Error,

    /// <summary>What went wrong has healed.</summary>
    Healed,

    /// <summary>Something to know that is no error: a lesser tap, a disk that shares its file system with others.</summary>
    Notice,

    /// <summary>It has ended.</summary>
    Stopped,
}
