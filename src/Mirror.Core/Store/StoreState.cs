using System.Collections.Immutable;

namespace Mirror.Core.Store;

/// <summary>The whole state of a store, as one slot of <see cref="MarkSlots"/> holds it (docs/consistency.md, section 10). Immutable; a change is a new one, stored whole.</summary>
internal sealed record StoreState
{
    /// <summary>The most overlays that a slot can count.</summary>
    public const int MostOverlays = 16;

    /// <summary>Nothing has been committed.</summary>
    public static readonly StoreState Nothing = new();

    /// <summary>The last committed mark.</summary>
    public ImageMark Mark { get; init; }

    /// <summary>The last committed consistent mark.</summary>
    public ImageMark Consistent { get; init; }

    /// <summary>Bytes of the volume at <see cref="Consistent"/>.</summary>
    public long ConsistentBytes { get; init; }

    /// <summary>Whether the image moves only between consistent marks: there has been one. Before, arrivals go straight into the image.</summary>
    public bool Kept { get; init; }

    /// <summary>The run of the journal that counts.</summary>
    public ulong Run { get; init; }

    /// <summary>Where in the journal the records begin that the image may lack.</summary>
    public long From { get; init; }

    /// <summary>Where in the journal <see cref="Consistent"/> is.</summary>
    public long ConsistentEnd { get; init; }

    /// <summary>Where in the journal <see cref="Mark"/> is.</summary>
    public long End { get; init; }

    /// <summary>The number of the next overlay that is made.</summary>
    public ulong NextOverlay { get; init; } = 1;

    /// <summary>The overlays that count, the oldest first; all but the last are sealed.</summary>
    public ImmutableArray<OverlayEntry> Overlays { get; init; } = [];
}
