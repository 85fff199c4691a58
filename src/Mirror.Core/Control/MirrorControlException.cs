namespace Mirror.Core.Control;

/// <summary>A request that cannot be met. The message is shown to the administrator as it is: it names the volume, what is wrong, and the next step.</summary>
public sealed class MirrorControlException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure it is, for a face that must name it.</summary>
    public ControlFailure Failure { get; init; }
}
