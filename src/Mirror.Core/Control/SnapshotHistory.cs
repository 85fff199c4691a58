namespace Mirror.Core.Control;

/// <summary>The history of a volume.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Rule">The rule that takes and removes snapshots by itself; null for none.</param>
/// <param name="Snapshots">Every snapshot, the oldest first.</param>
public sealed record SnapshotHistory(string Volume, string? Rule, IReadOnlyList<SnapshotInfo> Snapshots);
