namespace Mirror.Core.Client;

/// <summary>A piece of the outgoing stream. <paramref name="Release"/> is called by the sender when the bytes have left, or never will.</summary>
internal readonly record struct OutSegment(ReadOnlyMemory<byte> Bytes, Action? Release);
