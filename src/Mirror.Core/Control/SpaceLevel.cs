namespace Mirror.Core.Control;

/// <summary>Whether the room of a store becomes short, by the thresholds of its server.</summary>
public enum SpaceLevel : byte
{
    /// <summary>There is room, or it cannot be told (a block device).</summary>
    Ok = 0,

    /// <summary>Less is free than the first threshold says.</summary>
    Low = 1,

    /// <summary>Less is free than the second one says: make room now.</summary>
    Critical = 2,
}
