using System.Buffers.Binary;

namespace Mirror.Core.Boot;

/// <summary>
/// The page General Statistics of an ATA drive (log 04h, page 01h; ATA/ATAPI Command Set, Device Statistics): a header (revision u16, page number u8), then
/// quadwords, each with flags in its highest byte (bit 7 supported, bit 6 valid): power-on resets at 8 (32 bits), logical sectors written at 24,
/// write commands at 32, read commands at 48 (48 bits each). TRIM is in none of them.
/// </summary>
public static class AtaStatistics
{
    /// <summary>The log, and the page of it.</summary>
    public const byte Log = 4, Page = 1;

    /// <summary>Bytes of the page.</summary>
    public const int Bytes = 512;

    /// <summary>Reads the page.</summary>
    /// <param name="page">As the drive gave it.</param>
    /// <param name="drive">Which drive.</param>
    /// <returns>Null when the page is no answer, or a counter that is needed is not kept.</returns>
    public static DriveTestimony? Parse(ReadOnlySpan<byte> page, string drive)
    {
        if (page.Length != Bytes || page[2] != Page || BinaryPrimitives.ReadUInt16LittleEndian(page) is 0 or ushort.MaxValue) return null;
        return Counter(page, 32) is { } writes && Counter(page, 24) is { } sectors && Counter(page, 48) is { } reads && Counter(page, 8) is { } resets
            ? new DriveTestimony(drive, writes, sectors, reads, resets & uint.MaxValue, null)
            : null;
    }

    private static ulong? Counter(ReadOnlySpan<byte> page, int at)
    {
        const ulong supportedAndValid = 0xC0UL << 56, value = (1UL << 48) - 1;
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(page[at..]);
        return (word & supportedAndValid) == supportedAndValid ? word & value : null;
    }
}
