namespace Mirror.Hosting.Archives;

/// <summary>An archive of a volume that its server made, as its name tells.</summary>
/// <param name="Time">When it was begun.</param>
/// <param name="Partition">The partition; null for a volume without.</param>
/// <param name="Level">Its level.</param>
/// <param name="Path">The file.</param>
public sealed record ShelvedArchive(DateTimeOffset Time, int? Partition, int Level, string Path);
