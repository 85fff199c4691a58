namespace Mirror.Core.Wire;

/// <summary>
/// The peer broke docs/protocol.md: the connection is closed. The message names the protocol's message and the field, the value that
/// was found and what is allowed; it never holds key material.
/// </summary>
public sealed class ProtocolException : IOException
{
    /// <summary>Says what was wrong with a message of type <paramref name="type"/>.</summary>
    public ProtocolException(MessageType type, string what)
        : base($"{type.WireName()}: {what}.") => Type = type;

    /// <summary>The message that was wrong; <see cref="MessageType.None"/> when it had no type yet.</summary>
    public MessageType Type { get; }
}
