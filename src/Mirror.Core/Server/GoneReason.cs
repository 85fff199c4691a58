namespace Mirror.Core.Server;

/// <summary>What became of a volume that is not served any more.</summary>
internal enum GoneReason
{
    /// <summary>Its directory is there, and nobody uses it: it may be copied or moved.</summary>
    Released,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It is no more.</summary>
    Deleted,
}
