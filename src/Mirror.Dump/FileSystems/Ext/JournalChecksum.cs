namespace Mirror.Dump.FileSystems.Ext;

/// <summary>The sum of version 1 of journal checksums: CRC-32 with the highest bit first, without the last inversion.</summary>
internal static class JournalChecksum
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>Continues a sum.</summary>
    public static uint Crc32(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data) crc = crc << 8 ^ Table[(crc >> 24 ^ b) & 0xFF];
        return crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i << 24;
            for (int bit = 0; bit < 8; bit++) crc = crc << 1 ^ ((crc & 0x80000000) != 0 ? 0x04C11DB7u : 0);
            table[i] = crc;
        }
        return table;
    }
}
