using Mirror.Core.Blocks;

namespace Mirror.Core.Taps;

/// <summary>
/// One record of the ring, in the disk's write order. The data spans point into the ring itself and are valid until
/// <see cref="ITap.Advance"/>; data that wraps around the ring's end comes in two pieces.
/// </summary>
public readonly ref struct TapRecord
{
    /// <summary>What the record says.</summary>
    public required TapRecordKind Kind { get; init; }

    /// <summary>First sector, counted from the start of the volume (not of the whole disk).</summary>
    public required long Sector { get; init; }

    /// <summary>How many sectors are meant.</summary>
    public required long Sectors { get; init; }

    /// <summary>The request this record belongs to. Unique among requests that are open at the same time.</summary>
    public required ulong Request { get; init; }

    /// <summary>Whether this is the last record of its request's completion.</summary>
    public required bool Last { get; init; }

    /// <summary>A moment before which the write was not on its way, in nanoseconds of <see cref="System.Diagnostics.Stopwatch"/>'s clock (CLOCK_MONOTONIC); never later than it was given to the disk.</summary>
    public required long Started { get; init; }

    /// <summary>When it was complete, on the same clock; the same in all records of a completion. A write that was submitted by somebody who knew of it has a later <see cref="Started"/>.</summary>
    public required long Completed { get; init; }

    /// <summary>The first piece of the data; empty unless <see cref="Kind"/> is <see cref="TapRecordKind.Data"/>.</summary>
    public ReadOnlySpan<byte> Head { get; init; }

    /// <summary>The rest of the data, where it wrapped around the ring's end.</summary>
    public ReadOnlySpan<byte> Tail { get; init; }

    /// <summary>First byte of the range, from the start of the volume.</summary>
    public long Offset => Sector << Units.SectorShift;

    /// <summary>Length of the range in bytes.</summary>
    public long Length => Sectors << Units.SectorShift;
}
