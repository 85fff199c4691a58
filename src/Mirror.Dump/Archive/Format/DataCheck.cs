using System.Numerics;
using System.Runtime.InteropServices;

namespace Mirror.Dump.Archive.Format;

/// <summary>The data check of docs/dump-format.md, section 7: additive, so that pieces of a segment are summed by whichever thread has them.</summary>
internal static class DataCheck
{
    private const int Lanes = 3;

    /// <summary>What whole records contribute, the first of them being record <paramref name="first"/> since the header.</summary>
    public static ulong Of(ReadOnlySpan<byte> records, long first)
    {
        ulong sum = 0;
        ulong weight = unchecked((2 * (ulong)first) + 1);
        for (; records.Length >= Lanes * DumpFormat.RecordBytes; records = records[(Lanes * DumpFormat.RecordBytes)..])
        {
            (uint a, uint b, uint c) = Crcs(records);
            sum = unchecked(sum + (((ulong)a + 1) * weight) + (((ulong)b + 1) * (weight + 2)) + (((ulong)c + 1) * (weight + 4)));
            weight += 2 * Lanes;
        }
        for (; records.Length >= DumpFormat.RecordBytes; records = records[DumpFormat.RecordBytes..])
        {
            sum = unchecked(sum + (((ulong)Crc(records[..DumpFormat.RecordBytes]) + 1) * weight));
            weight += 2;
        }
        return sum;
    }

    /// <summary>CRC-32C of a record.</summary>
    private static uint Crc(ReadOnlySpan<byte> record)
    {
        uint crc = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(record)) crc = BitOperations.Crc32C(crc, word);
        return ~crc;
    }

    /// <summary>Of three records at once: a step takes three cycles, and a processor begins one in each.</summary>
    private static (uint, uint, uint) Crcs(ReadOnlySpan<byte> records)
    {
        const int words = DumpFormat.RecordBytes / sizeof(ulong);
        ReadOnlySpan<ulong> all = MemoryMarshal.Cast<byte, ulong>(records[..(Lanes * DumpFormat.RecordBytes)]);
        ReadOnlySpan<ulong> first = all[..words], second = all.Slice(words, words), third = all.Slice(2 * words, words);
        uint a = uint.MaxValue, b = uint.MaxValue, c = uint.MaxValue;
        for (int i = 0; i < words; i++)
        {
            a = BitOperations.Crc32C(a, first[i]);
            b = BitOperations.Crc32C(b, second[i]);
            c = BitOperations.Crc32C(c, third[i]);
        }
        return (~a, ~b, ~c);
    }
}
