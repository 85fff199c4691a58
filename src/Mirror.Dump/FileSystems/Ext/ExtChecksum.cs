using System.Buffers.Binary;
using System.Numerics;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>The two sums of ext4: CRC-32C (metadata_csum) and CRC-16 (gdt_csum), both without the last inversion, so that they can be chained.</summary>
internal static class ExtChecksum
{
    /// <summary>Where a chain of sums begins.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Continues a CRC-32C over some bytes.</summary>
    public static uint Crc32C(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (byte b in data) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    /// <summary>Continues a CRC-32C over a number as it lies on disk.</summary>
    public static uint Crc32C(uint crc, uint littleEndian) => BitOperations.Crc32C(crc, littleEndian);

    /// <summary>Continues a CRC-32C over a number as it lies on disk.</summary>
    public static uint Crc32C(uint crc, ulong littleEndian) => BitOperations.Crc32C(crc, littleEndian);

    /// <summary>Continues a CRC-16 (polynomial 0x8005, reflected) over some bytes.</summary>
    public static ushort Crc16(ushort crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++) crc = (ushort)((crc >> 1) ^ (0xA001 & -(crc & 1)));
        }
        return crc;
    }
}
