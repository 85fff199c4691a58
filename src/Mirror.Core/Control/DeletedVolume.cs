namespace Mirror.Core.Control;

/// <summary>What was deleted.</summary>
/// <param name="Volume">The volume's name, which no client can begin anew until the administrator lets it.</param>
/// <param name="Snapshots">How many snapshots went with it.</param>
/// <param name="ImageLeft">An image outside the store, a file or block device that the administrator gave: it is left as it is. Null when there is none.</param>
public sealed record DeletedVolume(string Volume, int Snapshots, string? ImageLeft);
