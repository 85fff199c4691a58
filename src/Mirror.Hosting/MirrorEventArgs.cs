using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>One thing that happened to a mirror.</summary>
/// <param name="kind">What.</param>
/// <param name="volume">Which volume; of a server as a whole, its name.</param>
/// <param name="message">One line for people, which begins with the volume.</param>
/// <param name="status">The status at that time; null when it is not about a volume.</param>
public sealed class MirrorEventArgs(MirrorEventKind kind, string volume, string message, MirrorStatus? status) : EventArgs
{
    /// <summary>What happened.</summary>
    public MirrorEventKind Kind { get; } = kind;

    /// <summary>Which volume; of a server as a whole, its name.</summary>
    public string Volume { get; } = volume;

    /// <summary>One line for people, which begins with the volume.</summary>
    public string Message { get; } = message;

    /// <summary>The status at that time; null when it is not about a volume.</summary>
    public MirrorStatus? Status { get; } = status;

    /// <summary>When it was seen.</summary>
    public DateTimeOffset Time { get; } = DateTimeOffset.Now;

    /// <inheritdoc/>
    public override string ToString() => Message;
}
