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

    /// <summary>How many restores may read at the same time, of all volumes together.</summary>
    public int RestoresAtOnce { get; init; } = 4;
}
