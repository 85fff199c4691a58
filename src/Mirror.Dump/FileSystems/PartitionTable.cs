using System.Buffers.Binary;
using System.Text;

namespace Mirror.Dump.FileSystems;

/// <summary>
/// Finds the partitions of a disk's image: GPT (by its backup when the first copy is damaged) or MBR with logical partitions.
/// An image does not tell the disk's sector size; a GPT is looked for with 512 and 4096 bytes, and an MBR counts in 512.
/// </summary>
public static class PartitionTable
{
    private const int SectorBytes = 512;
    private const int MaximumEntries = 1024;
    private const int MaximumLogical = 256;

    /// <summary>All partitions, by number; empty when the source has no partition table.</summary>
    /// <exception cref="DamagedException">There is a table, and it is damaged.</exception>
    public static IReadOnlyList<Partition> Read(IBlockSource source)
    {
        if (source.SizeBytes < 2 * SectorBytes) return [];
        Span<byte> first = stackalloc byte[SectorBytes];
        source.Read(0, first);
        foreach (int sectorBytes in (ReadOnlySpan<int>)[512, 4096])
        {
            if (ReadGpt(source, sectorBytes, 1) is { } found) return found;
        }
        if (first[510] != 0x55 || first[511] != 0xAA) return [];
        bool protective = first[446 + 4] == 0xEE;
        foreach (int sectorBytes in (ReadOnlySpan<int>)[512, 4096])
        {
            if (protective && ReadGpt(source, sectorBytes, source.SizeBytes / sectorBytes - 1) is { } backup) return backup;
        }
        return protective
            ? throw new DamagedException($"{source.Name}: its partition table is a GPT, and neither copy of it is whole.")
            : ReadMbr(source, first);
    }

    /// <summary>One partition by number.</summary>
    /// <exception cref="DamagedException">There is no such partition, or the table is damaged.</exception>
    public static Partition Find(IBlockSource source, int number)
    {
        var all = Read(source);
        foreach (var partition in all)
        {
            if (partition.Number == number) return partition;
        }
        throw new DamagedException(all.Count == 0
            ? $"{source.Name} has no partition table, so no partition {number}."
            : $"{source.Name} has no partition {number}; it has {string.Join(", ", all.Select(p => p.Number))}.");
    }

    private static List<Partition>? ReadGpt(IBlockSource source, int sectorBytes, long headerSector)
    {
        if (headerSector < 1 || (headerSector + 1) * sectorBytes > source.SizeBytes) return null;
        Span<byte> header = stackalloc byte[512];
        source.Read(headerSector * sectorBytes, header);
        if (!header[..8].SequenceEqual("EFI PART"u8)) return null;
        uint headerBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        uint headerCrc = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        if (headerBytes is < 92 or > 512) return null;
        header[16..20].Clear();
        if (Crc32.Of(header[..(int)headerBytes]) != headerCrc) return null;

        ulong entriesSector = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        uint entryBytes = BinaryPrimitives.ReadUInt32LittleEndian(header[84..]);
        if (count > MaximumEntries || entryBytes is < 128 or > 4096 || entriesSector > (ulong)(source.SizeBytes / sectorBytes)) return null;
        byte[] entries = new byte[count * entryBytes];
        if ((long)entriesSector * sectorBytes > source.SizeBytes - entries.Length) return null;
        source.Read((long)entriesSector * sectorBytes, entries);
        if (Crc32.Of(entries) != BinaryPrimitives.ReadUInt32LittleEndian(header[88..])) return null;

        var found = new List<Partition>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = entries.AsSpan((int)(i * entryBytes), (int)entryBytes);
            if (!entry[..16].ContainsAnyExcept((byte)0)) continue;
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]), last = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);
            ulong sectors = (ulong)(source.SizeBytes / sectorBytes);
            // One that reaches past the end (a cut image) is left out; the others can still be read.
            if (start == 0 || last < start || last >= sectors) continue;
            string name = Encoding.Unicode.GetString(entry[56..128]).Split('\0')[0];
            found.Add(new Partition(i + 1, (long)start * sectorBytes, (long)(last - start + 1) * sectorBytes, name));
        }
        return found;
    }

    private static List<Partition> ReadMbr(IBlockSource source, ReadOnlySpan<byte> first)
    {
        var found = new List<Partition>();
        for (int i = 0; i < 4; i++)
        {
            var entry = first.Slice(446 + 16 * i, 16);
            // The boot sector of a file system ends in the same two bytes: what stands here is then no table.
            if (entry[0] is not (0 or 0x80)) return [];
        }
        long extended = 0;
        for (int i = 0; i < 4; i++)
        {
            var (type, start, count) = ReadMbrEntry(first, i);
            if (type == 0 || count == 0) continue;
            if (type is 0x05 or 0x0F or 0x85) extended = extended == 0 ? start : extended; else Add(found, source, i + 1, start, count);
        }
        // Each logical partition has a sector with its own entry (from that sector on) and the next one (from the extended partition's start on).
        Span<byte> sector = stackalloc byte[SectorBytes];
        long at = extended;
        for (int number = 5; at != 0 && number < 5 + MaximumLogical && (at + 1) * SectorBytes <= source.SizeBytes; number++)
        {
            source.Read(at * SectorBytes, sector);
            if (sector[510] != 0x55 || sector[511] != 0xAA) break;
            var (type, start, count) = ReadMbrEntry(sector, 0);
            if (type != 0 && count != 0) Add(found, source, number, at + start, count);
            var (nextType, next, nextCount) = ReadMbrEntry(sector, 1);
            at = nextType is 0x05 or 0x0F or 0x85 && nextCount != 0 && next != 0 ? extended + next : 0;
        }
        return found;
    }

    private static (byte Type, long Start, long Count) ReadMbrEntry(ReadOnlySpan<byte> sector, int index)
    {
        var entry = sector.Slice(446 + 16 * index, 16);
        return (entry[4], BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]));
    }

    private static void Add(List<Partition> found, IBlockSource source, int number, long start, long count)
    {
        if (start != 0 && start + count <= source.SizeBytes / SectorBytes)
            found.Add(new Partition(number, start * SectorBytes, count * SectorBytes, ""));
    }
}
