using System.Buffers.Binary;

namespace Mirror.Core.Boot;

/// <summary>
/// The page SMART / Health Information of an NVMe controller (log identifier 02h; NVM Express Base Specification, Get Log Page), little-endian:
/// data units written u128 at 48, host read commands at 64, host write commands at 80, power cycles at 112, unsafe shutdowns at 144.
/// Write Zeroes, Dataset Management, Format and Sanitize are in none of them.
/// </summary>
public static class NvmeSmartLog
{
    /// <summary>The page's number.</summary>
    public const byte Page = 2;

    /// <summary>Bytes of the page.</summary>
    public const int Bytes = 512;

    /// <summary>Reads the page.</summary>
    /// <param name="page">As the drive gave it.</param>
    /// <param name="drive">Which drive.</param>
    /// <returns>Null when the page is no answer: of another length, all zero, or with a counter past 2^63.</returns>
    public static DriveTestimony? Parse(ReadOnlySpan<byte> page, string drive)
    {
        if (page.Length != Bytes || !page.ContainsAnyExcept((byte)0)) return null;
        return Counter(page, 80) is { } writes && Counter(page, 48) is { } units && Counter(page, 64) is { } reads && Counter(page, 112) is { } cycles && Counter(page, 144) is { } losses
            ? new DriveTestimony(drive, writes, units, reads, cycles, losses)
            : null;
    }

    private static ulong? Counter(ReadOnlySpan<byte> page, int at)
    {
        UInt128 value = BinaryPrimitives.ReadUInt128LittleEndian(page[at..]);
        return value <= long.MaxValue ? (ulong)value : null;
    }
}
