namespace Mirror.Core.Control;

/// <summary>The newest archive that a server has made of a volume by its rule.</summary>
/// <param name="Taken">When it was begun.</param>
/// <param name="Level">Its level; of a disk with partitions the highest.</param>
public sealed record LastArchive(DateTimeOffset Taken, int Level);
