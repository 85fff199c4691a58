namespace Mirror.Core.Taps;

/// <summary>What a tap is and can do; does not change while it is open.</summary>
public sealed record TapDescription
{
    /// <summary>How writes are seen.</summary>
    public required TapKind Kind { get; init; }

    /// <summary>The highest rate this tap can offer.</summary>
    public required TapRate MaxRate { get; init; }

    /// <summary>Why it is not a better one, in words for the administrator; null when nothing is lacking.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes that one bit of the bitmaps stands for; a power of two, at least 4096.</summary>
    public required int GranuleBytes { get; init; }

    /// <summary>Whether the bitmaps outlive this process.</summary>
    public bool Pinned { get; init; }

    /// <summary>Whether this process found the bitmaps already there, marking without a break since an earlier process attached them.</summary>
    public bool Continued { get; init; }

    /// <summary>Bytes of unswappable kernel memory that the ring and the bitmaps take.</summary>
    public long KernelBytes { get; init; }
}
