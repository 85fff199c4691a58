namespace Mirror.Core.Restore;

/// <summary>What a server offers to restore: shown before anything is overwritten.</summary>
/// <param name="SizeBytes">Bytes of the volume.</param>
/// <param name="StoredBytes">At most this many of them are not zero.</param>
/// <param name="LogicalBlockBytes">The logical block of the disk that it is the copy of.</param>
/// <param name="Consistent">Whether it is the disk at one instant of its write order.</param>
/// <param name="Mark">The mark of that instant; 0 when there is none.</param>
/// <param name="Time">When that was, by the mirroring host's clock; null when not known.</param>
/// <param name="Identity">The disk that it is the copy of, in words.</param>
public sealed record RestoreSource(long SizeBytes, long StoredBytes, int LogicalBlockBytes, bool Consistent, ulong Mark, DateTimeOffset? Time, string Identity);
