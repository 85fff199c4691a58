using System.Net;
using Mirror.Core.Security;

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

    /// <summary>Images that do not lie in the store, by volume.</summary>
    public IReadOnlyDictionary<string, VolumePlacement> Volumes { get; init; } = new Dictionary<string, VolumePlacement>();

    /// <summary>How many volumes may scan at the same time.</summary>
    public int ScansAtOnce { get; init; } = 4;
}
