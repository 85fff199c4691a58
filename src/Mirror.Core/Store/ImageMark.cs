namespace Mirror.Core.Store;

/// <summary>A mark as the store keeps it (docs/protocol.md, MARK).</summary>
/// <param name="N">The mark's number; 0 when there has been none.</param>
/// <param name="Random">The random value that makes it unlike any other mark of that number.</param>
/// <param name="Consistent">Whether the image equals the disk at this instant of its write order.</param>
/// <param name="ScanPosition">How far the scan had come, in sectors.</param>
/// <param name="Time">The client's clock, in milliseconds since 1970.</param>
/// <param name="Incarnation">The incarnation of the volume in which it was sent.</param>
public readonly record struct ImageMark(ulong N, ulong Random, bool Consistent, ulong ScanPosition, ulong Time, Guid Incarnation);
