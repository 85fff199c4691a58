namespace Mirror.Hosting;

/// <summary>What is done while a file system stands still.</summary>
public sealed record FreezeRequest
{
    /// <summary>The least and the most seconds that a freeze may last.</summary>
    public const double LeastSeconds = 1, MostSeconds = 600;

    /// <summary>Seconds that a freeze may last when nothing else is said.</summary>
    public const double UsualSeconds = 30;

    /// <summary>The volume, whose client runs on this host.</summary>
    public required string Volume { get; init; }

    /// <summary>Where the file systems are mounted that are frozen; none when only the hooks matter.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];

    /// <summary>After so many seconds everything is undone, whatever has been reached.</summary>
    public double Seconds { get; init; } = UsualSeconds;

    /// <summary>A shell command that runs first, for instance one that lets a database write what it holds; null for none.</summary>
    public string? Before { get; init; }

    /// <summary>A shell command that runs last, also when something failed after <see cref="Before"/> was begun; null for none.</summary>
    public string? After { get; init; }

    /// <summary>A snapshot of this name is taken, where the volume's server runs on this host too; null for none.</summary>
    public string? Snapshot { get; init; }

    /// <summary>A shell command that runs while the server has the frozen state, for instance one that takes the snapshot on the server's host; null for none.</summary>
    public string? Command { get; init; }
}
