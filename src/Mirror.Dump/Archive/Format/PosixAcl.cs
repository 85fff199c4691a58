using System.Buffers.Binary;

namespace Mirror.Dump.Archive.Format;

/// <summary>An ACL in Linux's exchange form (version 2, entries of 8 bytes) and in that of ext file systems (version 1, ids only where they mean something).</summary>
internal static class PosixAcl
{
    private const uint ExchangeVersion = 2, ExtVersion = 1;
    private const int NamedUser = 2, NamedGroup = 8;

    /// <summary>From the exchange form; null when it is none.</summary>
    public static byte[]? ToExt(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4 || (value.Length - 4) % 8 != 0 || BinaryPrimitives.ReadUInt32LittleEndian(value) != ExchangeVersion) return null;
        byte[] result = new byte[value.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(result, ExtVersion);
        int length = 4;
        for (ReadOnlySpan<byte> rest = value[4..]; rest.Length > 0; rest = rest[8..])
        {
            int bytes = Bytes(BinaryPrimitives.ReadUInt16LittleEndian(rest));
            if (bytes == 0) return null;
            rest[..bytes].CopyTo(result.AsSpan(length));
            length += bytes;
        }
        return result[..length];
    }

    /// <summary>From the form of ext; null when it is none.</summary>
    public static byte[]? FromExt(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(value) != ExtVersion) return null;
        byte[] result = new byte[4 + ((value.Length - 4) / 4 * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(result, ExchangeVersion);
        int length = 4;
        for (ReadOnlySpan<byte> rest = value[4..]; rest.Length > 0;)
        {
            if (rest.Length < 4) return null;
            int bytes = Bytes(BinaryPrimitives.ReadUInt16LittleEndian(rest));
            if (bytes == 0 || bytes > rest.Length) return null;
            rest[..bytes].CopyTo(result.AsSpan(length));
            if (bytes == 4) BinaryPrimitives.WriteUInt32LittleEndian(result.AsSpan(length + 4), uint.MaxValue);
            length += 8;
            rest = rest[bytes..];
        }
        return result[..length];
    }

    /// <summary>Bytes of an entry in the form of ext; 0 for a tag that nobody knows.</summary>
    private static int Bytes(int tag) => tag switch
    {
        NamedUser or NamedGroup => 8,
        1 or 4 or 0x10 or 0x20 => 4,
        _ => 0,
    };
}
