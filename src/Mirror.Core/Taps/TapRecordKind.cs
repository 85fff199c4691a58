namespace Mirror.Core.Taps;

/// <summary>What one record of the ring says. The values are those of <c>driver/linux/tap.h</c>.</summary>
public enum TapRecordKind : byte
{
    /// <summary>These sectors were written; the new bytes follow.</summary>
    Data = 1,

    /// <summary>These sectors now read as zeroes, in order (a successful write-zeroes).</summary>
    Zero = 2,

    /// <summary>These sectors were written; the data was not copied (rate Lo).</summary>
    Block = 3,

    /// <summary>The content of these sectors is known to the disk only (failed write, discard, secure erase, inline encryption):
    /// they are read back later. Such a record neither breaks the order nor lowers the rate.</summary>
    SideRead = 4,
}
