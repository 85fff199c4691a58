namespace Mirror.Core.Client;

/// <summary>Bytes of the volume that differ.</summary>
/// <param name="Offset">The first, from the start of the volume.</param>
/// <param name="Length">How many.</param>
public readonly record struct VerifyRange(long Offset, long Length);
