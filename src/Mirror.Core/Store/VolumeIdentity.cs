namespace Mirror.Core.Store;

/// <summary>The disk that a volume belongs to, as its client named it (docs/protocol.md, IDENTIFY).</summary>
public sealed record VolumeIdentity
{
    /// <summary>Words for the administrator and for comparison.</summary>
    public required string Text { get; init; }

    /// <summary>The client's machine id.</summary>
    public required Guid Machine { get; init; }

    /// <summary>The client's own random id.</summary>
    public required Guid Client { get; init; }

    /// <summary>The client's host name; for the administrator only, not compared.</summary>
    public string Host { get; init; } = "";

    /// <summary>Whether both name the same disk of the same client.</summary>
    public bool IsSame(VolumeIdentity other) => Text == other.Text && Machine == other.Machine && Client == other.Client;

    /// <inheritdoc/>
    public override string ToString() => Host.Length == 0 ? Text : $"{Text} of {Host}";
}
