namespace Mirror.Core.Control;

/// <summary>The bounds of the control protocol. Nothing is believed, kept or waited for beyond them.</summary>
internal static class ControlLimits
{
    /// <summary>The longest request line in bytes, its line feed not counted.</summary>
    public const int RequestBytes = 4096;

    /// <summary>The longest reply line that a client reads: some ten thousand volumes in one server.</summary>
    public const int ReplyBytes = 32 << 20;

    /// <summary>Connections that one process serves at once; one more is told so and closed.</summary>
    public const int Connections = 256;

    /// <summary>How deep a request's JSON may nest.</summary>
    public const int Depth = 4;

    /// <summary>How long a connection may take to send a request before it is closed.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer may take to accept a reply.</summary>
    public static readonly TimeSpan Send = TimeSpan.FromSeconds(5);

    /// <summary>How long replies under way may take when the process ends.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>How long a process may take to answer a status request before it is called unresponsive.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);
}
