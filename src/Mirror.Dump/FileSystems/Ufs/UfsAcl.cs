using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>
/// POSIX ACLs. On disk: a count, then entries of tag u32, id u32, permissions u16, two bytes unused. Owner, mask (or the group, where there is no mask)
/// and others follow the mode, as the kernel has it. Linux's exchange form: version 2, then entries of tag u16, permissions u16, id u32, in order of tags.
/// </summary>
internal static class UfsAcl
{
    private const int MaxEntries = 32;
    private const int EntryBytes = 12;
    private const uint ExchangeVersion = 2, NoId = uint.MaxValue;
    private const uint Owner = 0x01, User = 0x02, OwningGroup = 0x04, Group = 0x08, Mask = 0x10, Other = 0x20;

    /// <summary>The ACL in the exchange form; null when it is malformed.</summary>
    /// <param name="order">Byte order on disk.</param>
    /// <param name="disk">The attribute's content.</param>
    /// <param name="mode">The inode's mode, for an access ACL.</param>
    public static byte[]? ToExchange(UfsOrder order, ReadOnlySpan<byte> disk, ushort? mode)
    {
        if (disk.Length < 4) return null;
        uint count = order.U32(disk, 0);
        if (count > MaxEntries || 4 + count * EntryBytes > disk.Length) return null;
        var entries = new List<(uint Tag, uint Id, ushort Permissions)>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = disk.Slice(4 + i * EntryBytes, EntryBytes);
            uint tag = order.U32(entry, 0);
            if (tag is not (Owner or User or OwningGroup or Group or Mask or Other)) return null;
            entries.Add((tag, tag is User or Group ? order.U32(entry, 4) : NoId, (ushort)(order.U16(entry, 8) & 7)));
        }
        bool masked = entries.Any(e => e.Tag == Mask);
        entries.Sort();
        byte[] exchange = new byte[4 + 8 * entries.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(exchange, ExchangeVersion);
        for (int i = 0; i < entries.Count; i++)
        {
            (uint tag, uint id, ushort permissions) = entries[i];
            if (mode is { } bits)
            {
                permissions = tag switch
                {
                    Owner => (ushort)(bits >> 6 & 7),
                    Mask => (ushort)(bits >> 3 & 7),
                    OwningGroup when !masked => (ushort)(bits >> 3 & 7),
                    Other => (ushort)(bits & 7),
                    _ => permissions,
                };
            }
            Span<byte> to = exchange.AsSpan(4 + 8 * i);
            BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)tag);
            BinaryPrimitives.WriteUInt16LittleEndian(to[2..], permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(to[4..], id);
        }
        return exchange;
    }
}
