using System.Buffers.Binary;
using System.Text;

namespace Mirror.Driver.Disks;

/// <summary>
/// Finds a partition's UUID and name in the disk's own table, GPT or MBR. Kernels say these only if they read the table themselves, and since
/// when differs; the table says it always, and the UUID goes into the identity, which must not depend on the kernel. What is read is
/// whatever is on the disk: every number in it is checked before use.
/// </summary>
internal static class PartitionTable
{
    /// <summary>Reads exactly the bytes asked for at an offset of the disk, or says that it cannot.</summary>
    internal delegate bool Reader(long offset, Span<byte> destination);

    /// <summary>Looks a partition up by number, and believes the table only if it starts there.</summary>
    /// <param name="read">The whole disk.</param>
    /// <param name="logicalBlock">The disk's logical block in bytes, the unit of a GPT.</param>
    /// <param name="number">The partition's number, from 1.</param>
    /// <param name="startSector">Its first sector (512 bytes).</param>
    internal static (string? Uuid, string? Label) Find(Reader read, int logicalBlock, int number, long startSector)
    {
        Span<byte> first = stackalloc byte[512];
        if (number < 1 || !read(0, first) || first[510] != 0x55 || first[511] != 0xAA) return (null, null);
        return FindInGpt(read, logicalBlock, number, startSector, out bool isGpt) is var found && isGpt
            ? found
            : FindInMbr(first, logicalBlock, number, startSector);
    }

    private static (string?, string?) FindInGpt(Reader read, int logicalBlock, int number, long startSector, out bool isGpt)
    {
        Span<byte> header = stackalloc byte[92];
        isGpt = read(logicalBlock, header) && header[..8].SequenceEqual("EFI PART"u8);
        if (!isGpt) return (null, null);
        ulong entriesAt = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        if ((uint)number > count || size is < 128 or > 4096 || entriesAt > long.MaxValue / 65536 / 2) return (null, null);

        Span<byte> entry = stackalloc byte[128];
        if (!read((long)entriesAt * logicalBlock + (number - 1L) * size, entry)) return (null, null);
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
        if (start > long.MaxValue / 65536 || (long)start * (logicalBlock / 512) != startSector) return (null, null);
        string label = Encoding.Unicode.GetString(entry[56..]).Split('\0')[0];
        return (new Guid(entry[16..32]).ToString("D"), label.Length == 0 ? null : label);
    }

    private static (string?, string?) FindInMbr(ReadOnlySpan<byte> first, int logicalBlock, int number, long startSector)
    {
        uint signature = BinaryPrimitives.ReadUInt32LittleEndian(first[440..]);
        if (signature == 0) return (null, null);
        if (number <= 4)
        {
            long start = BinaryPrimitives.ReadUInt32LittleEndian(first[(446 + (number - 1) * 16 + 8)..]);
            if (start * (logicalBlock / 512) != startSector) return (null, null);
        }
        // Logical partitions (5 and up) stand elsewhere on the disk, but their UUID is made of signature and number all the same.
        return ($"{signature:x8}-{number:x2}", null);
    }
}
