using System.Buffers.Binary;
using System.Text;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Format;

/// <summary>Extended attributes in archives (docs/dump-format.md, section 6): the attribute areas of ext file systems, and the long form of ours.</summary>
internal static class AttributeAreas
{
    private const uint BlockMagic = 0xEA020000, InodeMagic = 0xEA020001;
    private const int BlockHeader = 32, InodeHeader = 4, EntryHeader = 16, EndMark = 4;

    private static readonly (int Index, string Prefix)[] Prefixes =
    [
        (2, "system.posix_acl_access"), (3, "system.posix_acl_default"), (1, "user."), (4, "trusted."), (5, "lustre."), (6, "security."), (7, "system."),
    ];

    /// <summary>
    /// Packs attributes into areas that stock restore takes, in their order, as few as this gives; what fits into none, or has a prefix that it does not know, is put into
    /// <paramref name="longForm"/>.
    /// </summary>
    public static List<byte[]> Pack(IReadOnlyList<ExtendedAttribute> attributes, out byte[] longForm)
    {
        List<byte[]> areas = [];
        List<(int Index, byte[] Name, byte[] Value)> open = [];
        int used = BlockHeader + EndMark;
        using MemoryStream others = new();
        foreach (ExtendedAttribute attribute in attributes)
        {
            (int index, byte[] name, byte[] value)? packed = ForArea(attribute);
            int bytes = packed is { } p ? Round(EntryHeader + p.name.Length) + Round(p.value.Length) : int.MaxValue;
            if (packed is null || bytes > DumpFormat.AttributeAreaBytes - BlockHeader - EndMark)
            {
                PutLong(others, attribute);
                continue;
            }
            if (used + bytes > DumpFormat.AttributeAreaBytes)
            {
                areas.Add(Area(open, used));
                open.Clear();
                used = BlockHeader + EndMark;
            }
            open.Add(packed.Value);
            used += bytes;
        }
        if (open.Count > 0) areas.Add(Area(open, used));
        longForm = others.ToArray();
        return areas;
    }

    /// <summary>Reads an attribute area.</summary>
    /// <exception cref="DamagedException">It does not hold together.</exception>
    public static void Read(ReadOnlySpan<byte> area, List<ExtendedAttribute> into)
    {
        if (area.Length < InodeHeader + EndMark) throw new DamagedException("the attribute area is too short");
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(area);
        if (magic is not (BlockMagic or InodeMagic)) throw new DamagedException($"the attribute area begins with 0x{magic:X8}, which is no mark of one");
        int at = magic == BlockMagic ? BlockHeader : InodeHeader;
        int valueBase = magic == BlockMagic ? 0 : InodeHeader;
        while (at + EndMark <= area.Length && BinaryPrimitives.ReadUInt32LittleEndian(area[at..]) != 0)
        {
            if (at + EntryHeader > area.Length) throw new DamagedException("an attribute's entry reaches past its area");
            int nameLength = area[at], index = area[at + 1];
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(area[(at + 2)..]) + valueBase;
            uint inode = BinaryPrimitives.ReadUInt32LittleEndian(area[(at + 4)..]);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(area[(at + 8)..]);
            if (at + EntryHeader + nameLength > area.Length) throw new DamagedException("an attribute's name reaches past its area");
            ReadOnlySpan<byte> name = area.Slice(at + EntryHeader, nameLength);
            at += Round(EntryHeader + nameLength);
            // A value in an inode of its own is not in archives of stock dump.
            if (inode != 0) throw new DamagedException($"the value of attribute '{Latin(name)}' stood in inode {inode} of its own, which stock dump does not archive");
            if (size > area.Length || offset + (long)size > area.Length) throw new DamagedException($"the value of attribute '{Latin(name)}' reaches past its area");
            if (FromArea(index, name, area.Slice(offset, (int)size)) is { } attribute) into.Add(attribute);
        }
    }

    /// <summary>Reads the long form.</summary>
    /// <exception cref="DamagedException">It does not hold together.</exception>
    public static void ReadLong(ReadOnlySpan<byte> bytes, List<ExtendedAttribute> into)
    {
        while (bytes.Length > 0 && bytes[0] != 0)
        {
            int nameLength = bytes[0];
            if (bytes.Length < 1 + nameLength + 4) throw new DamagedException("an attribute's name reaches past its segment");
            string name = Latin(bytes.Slice(1, nameLength));
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(1 + nameLength)..]);
            bytes = bytes[(5 + nameLength)..];
            if (size > bytes.Length) throw new DamagedException($"the value of attribute '{name}' reaches past its segment");
            into.Add(new ExtendedAttribute(name, bytes[..(int)size].ToArray()));
            bytes = bytes[(int)size..];
        }
    }

    /// <summary>Reads the attributes of an UFS2 archive (docs/dump-format.md, section 8).</summary>
    /// <exception cref="DamagedException">They do not hold together.</exception>
    public static void ReadUfs2(ReadOnlySpan<byte> bytes, bool bigEndian, List<ExtendedAttribute> into)
    {
        const int fixedBytes = 7;
        while (bytes.Length >= fixedBytes)
        {
            uint length = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (length == 0) return;
            int space = bytes[4], padding = bytes[5], nameLength = bytes[6];
            int valueAt = (fixedBytes + nameLength + 7) & ~7;
            if (length > bytes.Length || length < valueAt + padding) throw new DamagedException("an attribute reaches past the attributes of its inode");
            string name = Latin(bytes.Slice(fixedBytes, nameLength));
            ReadOnlySpan<byte> value = bytes[valueAt..(int)(length - padding)];
            if (space == 1) into.Add(new ExtendedAttribute("user." + name, value.ToArray()));
            else if (space == 2) into.Add(new ExtendedAttribute("trusted." + name, value.ToArray()));
            bytes = bytes[(int)length..];
        }
    }

    /// <summary>Names are bytes; every byte is one character.</summary>
    private static string Latin(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    private static (int Index, byte[] Name, byte[] Value)? ForArea(ExtendedAttribute attribute)
    {
        foreach ((int index, string prefix) in Prefixes)
        {
            if (!attribute.Name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (index is 2 or 3)
            {
                if (attribute.Name.Length != prefix.Length || PosixAcl.ToExt(attribute.Value.Span) is not { } acl) return null;
                return (index, [], acl);
            }
            // Stock restore knows no index above 6.
            if (index == 7) return null;
            byte[] name = Encoding.UTF8.GetBytes(attribute.Name[prefix.Length..]);
            return name.Length is 0 or > 255 ? null : (index, name, attribute.Value.ToArray());
        }
        return null;
    }

    private static ExtendedAttribute? FromArea(int index, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        foreach ((int known, string prefix) in Prefixes)
        {
            if (known != index) continue;
            if (index is not (2 or 3))
            {
                // Inline content, which is in the archive as content.
                return index == 7 && name.SequenceEqual("data"u8) ? null : new ExtendedAttribute(prefix + Latin(name), value.ToArray());
            }
            return new ExtendedAttribute(prefix, PosixAcl.FromExt(value) ?? throw new DamagedException($"the ACL in attribute '{prefix}' does not hold together"));
        }
        throw new DamagedException($"attribute '{Latin(name)}' has the unknown name space {index}");
    }

    /// <summary>An area in block form: entries from the front, values from the end, in whole records.</summary>
    private static byte[] Area(List<(int Index, byte[] Name, byte[] Value)> attributes, int used)
    {
        byte[] area = new byte[(used + DumpFormat.RecordBytes - 1) / DumpFormat.RecordBytes * DumpFormat.RecordBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(area, BlockMagic);
        // One reference, one block.
        area[4] = area[8] = 1;
        int at = BlockHeader, end = area.Length;
        foreach ((int index, byte[] name, byte[] value) in attributes)
        {
            end -= Round(value.Length);
            area[at] = (byte)name.Length;
            area[at + 1] = (byte)index;
            BinaryPrimitives.WriteUInt16LittleEndian(area.AsSpan(at + 2), value.Length == 0 ? (ushort)0 : (ushort)end);
            BinaryPrimitives.WriteInt32LittleEndian(area.AsSpan(at + 8), value.Length);
            name.CopyTo(area, at + EntryHeader);
            value.CopyTo(area, end);
            at += Round(EntryHeader + name.Length);
        }
        return area;
    }

    private static void PutLong(MemoryStream stream, ExtendedAttribute attribute)
    {
        byte[] name = Encoding.UTF8.GetBytes(attribute.Name);
        if (name.Length is 0 or > 255) return;
        stream.WriteByte((byte)name.Length);
        stream.Write(name);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, attribute.Value.Length);
        stream.Write(length);
        stream.Write(attribute.Value.Span);
    }

    private static int Round(int bytes) => (bytes + 3) & ~3;
}
