namespace Mirror.Core.Store;

/// <summary>
/// Names of snapshots that a program takes only for itself, holds open while it reads, and removes when it is done. A killed one leaves its snapshot; by the name
/// the server knows that nobody else wants it, and by the lock that nobody reads it (<see cref="Server.VolumeLimits.PassingSnapshotAge"/>). The 32 random digits are nothing that an administrator would type.
/// </summary>
public static class PassingSnapshots
{
    private const int RandomDigits = 32;

    private static readonly string[] Purposes = ["archive-", "mount-"];

    /// <summary>A new name for a snapshot that is archived.</summary>
    public static string ForArchive() => $"{Purposes[0]}{Guid.NewGuid():N}";

    /// <summary>A new name for a snapshot that is mounted.</summary>
    public static string ForMount() => $"{Purposes[1]}{Guid.NewGuid():N}";

    /// <summary>Whether a snapshot has such a name.</summary>
    public static bool IsName(string name) => Array.Exists(Purposes, p => name.StartsWith(p, StringComparison.Ordinal) && name.Length == p.Length + RandomDigits
        && !name.AsSpan(p.Length).ContainsAnyExcept("0123456789abcdef"));
}
