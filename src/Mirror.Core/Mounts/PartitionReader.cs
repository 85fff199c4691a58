using System.Buffers.Binary;

namespace Mirror.Core.Mounts;

/// <summary>
/// Reads the partitions out of an image's own table, GPT or MBR with logical partitions. What is read is whatever was on the disk: every number is checked
/// before use, chains are bounded, and a partition that does not lie in the image is left out.
/// </summary>
public static class PartitionReader
{
    private const int Sector = 512;
    private const int MostPartitions = 256;

    /// <summary>Reads bytes of the image; the range lies in it.</summary>
    public delegate void Read(long offset, Span<byte> destination);

    /// <summary>The partitions in the order of their numbers; none when there is no table.</summary>
    /// <param name="read">The image.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="logicalBlock">The disk's logical block, the unit of both tables.</param>
    public static IReadOnlyList<ImagePartition> Find(Read read, long size, int logicalBlock)
    {
        if (size < 2L * logicalBlock + Sector) return [];
        Span<byte> first = stackalloc byte[Sector];
        read(0, first);
        if (first[510] != 0x55 || first[511] != 0xAA) return [];
        Span<byte> header = stackalloc byte[92];
        read(logicalBlock, header);
        return header[..8].SequenceEqual("EFI PART"u8) ? Gpt(read, size, logicalBlock, header) : Mbr(read, size, logicalBlock, first);
    }

    private static List<ImagePartition> Gpt(Read read, long size, int block, ReadOnlySpan<byte> header)
    {
        List<ImagePartition> found = [];
        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        uint entryBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        if (entryBytes is < 128 or > 4096 || at > (ulong)(size / block)) return found;
        Span<byte> entry = stackalloc byte[128];
        for (int i = 0; i < Math.Min(count, MostPartitions); i++)
        {
            long offset = (long)at * block + i * (long)entryBytes;
            if (offset > size - entry.Length) break;
            read(offset, entry);
            if (!entry[..16].ContainsAnyExcept((byte)0)) continue;
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]), last = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
            if (last < start || last - start == ulong.MaxValue) continue;
            Add(found, i + 1, start, last - start + 1, size, block);
        }
        return found;
    }

    private static List<ImagePartition> Mbr(Read read, long size, int block, ReadOnlySpan<byte> first)
    {
        List<ImagePartition> found = [];
        ulong extended = 0;
        for (int i = 0; i < 4; i++)
        {
            (byte type, ulong start, ulong count) = Entry(first, i);
            if (type == 0 || count == 0) continue;
            if (type is 0x05 or 0x0f or 0x85) extended = extended == 0 ? start : extended;
            else Add(found, i + 1, start, count, size, block);
        }
        if (extended == 0) return found;
        // Each link says where its partition is from the link on, and where the next link is from the extended partition on.
        Span<byte> link = stackalloc byte[Sector];
        ulong at = extended;
        for (int number = 5; number < 5 + MostPartitions; number++)
        {
            if (at > (ulong)((size - Sector) / block)) break;
            read((long)at * block, link);
            if (link[510] != 0x55 || link[511] != 0xAA) break;
            (byte type, ulong start, ulong count) = Entry(link, 0);
            if (type != 0 && count != 0) Add(found, number, at + start, count, size, block);
            (byte nextType, ulong next, _) = Entry(link, 1);
            if (nextType == 0 || next == 0) break;
            at = extended + next;
        }
        return found;
    }

    private static (byte Type, ulong Start, ulong Count) Entry(ReadOnlySpan<byte> table, int index)
    {
        ReadOnlySpan<byte> entry = table.Slice(446 + index * 16, 16);
        return (entry[4], BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
    }

    private static void Add(List<ImagePartition> found, int number, ulong start, ulong count, long size, int block)
    {
        ulong blocks = (ulong)(size / block);
        if (start == 0 || start >= blocks || count > blocks - start) return;
        found.Add(new ImagePartition(number, (long)start * block, (long)count * block));
    }
}
