namespace Mirror.Dump.FileSystems;

/// <summary>CRC-32 of ISO 3309 (as in GPT and gzip). For small tables; nothing here is fast.</summary>
internal static class Crc32
{
    /// <summary>The sum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }
        return ~crc;
    }
}
