using System.Net;
using Mirror.Core.Security;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>What a server is told.</summary>
public sealed record MirrorServerOptions
{
    /// <summary>The store's directory; made when missing.</summary>
    public required string StoreDirectory { get; init; }

    /// <summary>Where it listens.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The master secret.</summary>
    public required Secret Master { get; init; }

    /// <summary>The master secret of before, while the clients get theirs of the new one; null when none is taken any more.</summary>
    public Secret? FormerMaster { get; init; }

    /// <summary>Warn when less is free where images lie, in percent; 0 for never.</summary>
    public double SpaceWarningPercent { get; init; } = 10;

    /// <summary>Call it critical when less is free, in percent; 0 for never.</summary>
    public double SpaceCriticalPercent { get; init; } = 3;

    /// <summary>Images that do not lie in the store, by volume.</summary>
    public IReadOnlyDictionary<string, VolumePlacement> Volumes { get; init; } = new Dictionary<string, VolumePlacement>();

    /// <summary>The rule of the history of volumes that have none of their own; null for none.</summary>
    public SnapshotRule? Snapshots { get; init; }

    /// <summary>How many volumes may scan at the same time.</summary>
    public int ScansAtOnce { get; init; } = 4;

    /// <summary>Bytes that may have arrived and not be written, of all volumes together; the buffers of those who hash count, too. Each connection may always
    /// have one frame (1 MiB), so it is more where there are more connections than that.</summary>
    public long MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>A sixteenth of what the machine, or the process's control group, has: 64 MiB at least, and 256 at most, beyond which nothing becomes faster.</summary>
    public static long DefaultMemoryBytes { get; } = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16, 64L << 20, 256L << 20);

    /// <summary>How many restores may read at the same time, of all volumes together.</summary>
    public int RestoresAtOnce { get; init; } = 4;
}
