using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// POSIX ACLs. On disk (version 1) an entry has an id only where it needs one; Linux's exchange form (version 2, <c>system.posix_acl_*</c>) always has one.
/// </summary>
internal static class ExtAcl
{
    private const uint DiskVersion = 1, ExchangeVersion = 2, NoId = uint.MaxValue;
    private const ushort UserObject = 0x01, User = 0x02, GroupObject = 0x04, Group = 0x08, Mask = 0x10, Other = 0x20;

    /// <summary>The ACL in the exchange form; null when it is malformed.</summary>
    public static byte[]? ToExchange(ReadOnlySpan<byte> disk)
    {
        if (disk.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(disk) != DiskVersion) return null;
        using var buffer = new MemoryStream(4 + disk.Length * 2);
        Span<byte> entry = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, ExchangeVersion);
        buffer.Write(entry[..4]);
        for (disk = disk[4..]; disk.Length > 0;)
        {
            if (disk.Length < 4) return null;
            ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(disk);
            uint id = NoId;
            int length = 4;
            switch (tag)
            {
                case UserObject or GroupObject or Mask or Other:
                    break;
                case User or Group when disk.Length >= 8:
                    id = BinaryPrimitives.ReadUInt32LittleEndian(disk[4..]);
                    length = 8;
                    break;
                default:
                    return null;
            }
            disk[..4].CopyTo(entry);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], id);
            buffer.Write(entry);
            disk = disk[length..];
        }
        return buffer.ToArray();
    }
}
