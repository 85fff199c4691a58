namespace Mirror.Core.Wire;

/// <summary>One message of docs/protocol.md: its type byte and fields, without the payload of WRITE and HASHES.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IMessage<TSelf> where TSelf : struct, IMessage<TSelf>
{
    /// <summary>Its first byte.</summary>
    static abstract MessageType Type { get; }

    /// <summary>Bytes that <see cref="Encode"/> writes, type byte included, payload not.</summary>
    int EncodedBytes { get; }

    /// <summary>Writes the message, from its type byte on, to the start of <paramref name="destination"/>.</summary>
    /// <returns>Bytes written: <see cref="EncodedBytes"/>.</returns>
    int Encode(Span<byte> destination);

    /// <summary>Reads a message that fills <paramref name="source"/> exactly, from its type byte on. Every field has passed <paramref name="validator"/>.</summary>
    /// <exception cref="ProtocolException">A field is out of its bounds, or the message is too short or too long.</exception>
    static abstract TSelf Decode(ReadOnlySpan<byte> source, FrameValidator validator);
}
