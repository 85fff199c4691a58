namespace Mirror.Core.Files;

/// <summary>What is set on what was restored.</summary>
public sealed record TargetMetadata
{
    /// <summary><c>st_mode</c>.</summary>
    public required ushort Mode { get; init; }

    /// <summary>Owner.</summary>
    public required uint UserId { get; init; }

    /// <summary>Group.</summary>
    public required uint GroupId { get; init; }

    /// <summary>Last read, seconds since 1970.</summary>
    public required long AccessedSeconds { get; init; }

    /// <summary>Their fraction.</summary>
    public required uint AccessedNanoseconds { get; init; }

    /// <summary>Last change, seconds since 1970.</summary>
    public required long ModifiedSeconds { get; init; }

    /// <summary>Their fraction.</summary>
    public required uint ModifiedNanoseconds { get; init; }

    /// <summary>Inode flags as <c>chattr</c> sets them; the rest is passed over.</summary>
    public required uint Flags { get; init; }

    /// <summary>Extended attributes.</summary>
    public required IReadOnlyList<TargetAttribute> Attributes { get; init; }
}
