namespace Mirror.Core.Store;

/// <summary>A write or zero as it stands in the journal.</summary>
/// <param name="Position">Where its header begins, in bytes since the journal was made.</param>
/// <param name="Offset">First byte of the volume.</param>
/// <param name="Length">Bytes of the volume.</param>
/// <param name="Zero">Whether the range is zero; else its data follows the header.</param>
internal readonly record struct JournalRecord(long Position, long Offset, long Length, bool Zero)
{
    /// <summary>Where its data begins.</summary>
    public long DataPosition => Position + Journal.HeaderBytes;

    /// <summary>The first position after it.</summary>
    public long End => Position + Journal.HeaderBytes + (Zero ? 0 : Length);

    /// <summary>Whether it touches the range.</summary>
    public bool Touches(long offset, long length) => Offset < offset + length && offset < Offset + Length;
}
