namespace Mirror.Core.Client;

/// <summary>What the last verify found, for status.</summary>
/// <param name="Ended">When it ended.</param>
/// <param name="ComparedBytes">Bytes that were compared.</param>
/// <param name="DifferingBytes">Bytes that differed.</param>
/// <param name="BusyBytes">Bytes that were being written whenever they were looked at.</param>
/// <param name="RepairedBytes">Bytes of those that differed that were repaired.</param>
public sealed record VerifySummary(DateTimeOffset Ended, long ComparedBytes, long DifferingBytes, long BusyBytes, long RepairedBytes);
