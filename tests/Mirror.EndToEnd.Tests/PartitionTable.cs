using System.Buffers.Binary;

namespace Mirror.EndToEnd.Tests;

/// <summary>Writes an MBR, so that no partitioning program is needed.</summary>
internal static class PartitionTable
{
    /// <summary>Up to four primary partitions, in sectors.</summary>
    public static void Write(string path, uint signature, params (uint Start, uint Sectors)[] partitions)
    {
        var sector = new byte[512];
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(440), signature);
        for (int i = 0; i < partitions.Length; i++)
        {
            Span<byte> entry = sector.AsSpan(446 + 16 * i, 16);
            entry[4] = 0x83;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], partitions[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], partitions[i].Sectors);
        }
        sector[510] = 0x55;
        sector[511] = 0xAA;
        using FileStream file = File.OpenWrite(path);
        file.Write(sector);
    }
}
