namespace Mirror.Core.Server;

/// <summary>What an <see cref="Arrival"/> is.</summary>
internal enum ArrivalKind
{
    /// <summary>Data for the image.</summary>
    Write,

    /// <summary>A range that is zero.</summary>
    Zero,

    /// <summary>A mark.</summary>
    Mark,

    /// <summary>Units to hash.</summary>
    Hash,

    /// <summary>A point that somebody waits for.</summary>
    Barrier,
}
