namespace Mirror.Core.Taps;

/// <summary>What the tap has seen since it was attached. All values only grow.</summary>
public readonly record struct TapCounters
{
    /// <summary>Completed writes (requests or bios) that were marked.</summary>
    public long Writes { get; init; }

    /// <summary>Sectors in them, and in write-zeroes.</summary>
    public long WrittenSectors { get; init; }

    /// <summary>Records that found no room or no data and so became bits only.</summary>
    public long Undelivered { get; init; }

    /// <summary>How often the rate fell to Off.</summary>
    public long OffEpisodes { get; init; }

    /// <summary>How often the sums disagreed.</summary>
    public long Holes { get; init; }

    /// <summary>Commands with data that went past the block layer's reads and writes (pass-through).</summary>
    public long UntrackedCommands { get; init; }
}
