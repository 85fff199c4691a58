using System.Buffers.Binary;
using System.Text;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// Extended attributes: in the space behind an inode, in a block that inodes may share, their values there or (ea_inode) as the content of inodes.
/// Layout: kernel Documentation/filesystems/ext4/attributes.rst and eainode.rst.
/// </summary>
internal sealed class ExtAttributes(ExtVolume volume, ExtInodeTable inodes, ExtContent content)
{
    /// <summary>No Linux gives or takes a longer value.</summary>
    private const int LongestValue = 64 << 10;

    /// <summary>All values of one inode; thousands of entries may share one value.</summary>
    private const int MostBytes = 32 << 20;

    private const uint Magic = 0xEA020000;
    private const int BlockHeaderBytes = 32;
    private const int EntryBytes = 16;
    private const byte AccessAcl = 2, DefaultAcl = 3, System = 7;

    /// <summary>The attributes that a mounted file system would show, in the order in which they lie.</summary>
    public List<ExtendedAttribute> Read(ExtInodeRecord inode)
    {
        var found = new List<ExtendedAttribute>();
        long bytes = 0;
        foreach (var entry in InInode(inode)) Add(entry);
        if (inode.AttributeBlock != 0)
        {
            foreach (var entry in InBlock(inode)) Add(entry);
        }
        return found;

        void Add(ExtAttributeEntry entry)
        {
            if (PrefixOf(entry.Index) is not { } prefix) return;
            var value = ValueOf(inode, entry);
            bytes += value.Length;
            if (bytes > MostBytes) throw volume.Damage(inode.Number, $"its attributes have more than {MostBytes} bytes");
            if (entry.Index is AccessAcl or DefaultAcl) value = ExtAcl.ToExchange(value.Span) ?? throw volume.Damage(inode.Number, $"its {prefix} is malformed");
            found.Add(new ExtendedAttribute(prefix + NameOf(inode, entry), value));
        }
    }

    /// <summary>The part of inline data that does not fit in the place of the block map; empty when there is none.</summary>
    public ReadOnlyMemory<byte> InlineData(ExtInodeRecord inode)
    {
        foreach (var entry in InInode(inode))
        {
            if (entry.Index == System && entry.ValueInode == 0 && entry.Name.Span.SequenceEqual("data"u8)) return entry.Value;
        }
        return default;
    }

    private static string? PrefixOf(byte index) => index switch
    {
        1 => "user.",
        AccessAcl => "system.posix_acl_access",
        DefaultAcl => "system.posix_acl_default",
        4 => "trusted.",
        6 => "security.",
        10 => "gnu.",
        // Inline data, keys of encrypted files, descriptors of verity: the file system's own, not shown by a mount.
        _ => null,
    };

    private string NameOf(ExtInodeRecord inode, ExtAttributeEntry entry)
    {
        if (entry.Index is AccessAcl or DefaultAcl) return entry.Name.IsEmpty ? "" : throw volume.Damage(inode.Number, "an ACL with a name");
        var name = entry.Name.Span;
        if (name.IsEmpty || name.Contains((byte)0)) throw volume.Damage(inode.Number, "an attribute without a name, or with a NUL in it");
        return Encoding.UTF8.GetString(name);
    }

    private List<ExtAttributeEntry> InInode(ExtInodeRecord inode)
    {
        var space = inode.AttributeSpace;
        if (inode.ExtraBytes == 0 || space.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(space.Span) != Magic) return [];
        return Parse(inode, space[4..], 0, "in the inode");
    }

    private List<ExtAttributeEntry> InBlock(ExtInodeRecord inode)
    {
        long number = inode.AttributeBlock;
        string place = $"in block {number}";
        if (!volume.Holds(number)) throw volume.Damage(inode.Number, $"its attributes are in block {number} of {volume.Super.BlockCount}");
        ulong tag = BlockCache.Tag(BlockCache.Use.Attributes);
        if (volume.Cache.Find(number, tag) is not { } block)
        {
            block = volume.ReadBlock(number);
            if (BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic) throw volume.Damage(inode.Number, $"attributes {place}: magic number {BinaryPrimitives.ReadUInt32LittleEndian(block):x8}");
            if (BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(8)) != 1) throw volume.Damage(inode.Number, $"attributes {place}: more blocks than one");
            if (volume.HasChecksums) Verify(inode, block, number);
            volume.Cache.Put(number, tag, block);
        }
        return Parse(inode, block, BlockHeaderBytes, place);
    }

    private void Verify(ExtInodeRecord inode, ReadOnlySpan<byte> block, long number)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(block[16..]);
        uint sum = ExtChecksum.Crc32C(volume.Super.ChecksumSeed, (ulong)number);
        sum = ExtChecksum.Crc32C(sum, block[..16]);
        sum = ExtChecksum.Crc32C(sum, 0u);
        sum = ExtChecksum.Crc32C(sum, block[20..]);
        if (sum != stored) throw volume.Damage(inode.Number, $"attributes in block {number}: their checksum is {sum:x8}, not {stored:x8}");
    }

    private List<ExtAttributeEntry> Parse(ExtInodeRecord inode, ReadOnlyMemory<byte> space, int first, string place)
    {
        DamagedException Bad(string what) => volume.Damage(inode.Number, $"attributes {place}: {what}");

        var entries = new List<ExtAttributeEntry>();
        var raw = space.Span;
        for (int at = first; ;)
        {
            if (raw.Length - at < 4) throw Bad("no end mark");
            if (BinaryPrimitives.ReadUInt32LittleEndian(raw[at..]) == 0) return entries;
            if (raw.Length - at < EntryBytes) throw Bad("a cut entry");
            var entry = raw[at..];
            int nameLength = entry[0];
            int next = at + EntryBytes + (nameLength + 3 & ~3);
            if (next > raw.Length) throw Bad("a name that reaches past the end");
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            uint valueInode = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), size = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            if (size > LongestValue) throw Bad($"a value of {size} bytes");
            if (valueInode == 0 && size > 0 && offset > raw.Length - (int)size) throw Bad($"a value of {size} bytes at {offset}, past the end");
            var value = valueInode == 0 && size > 0 ? space.Slice(offset, (int)size) : default;
            entries.Add(new ExtAttributeEntry(
                entry[1], space.Slice(at + EntryBytes, nameLength), valueInode, (int)size, value, BinaryPrimitives.ReadUInt32LittleEndian(entry[12..])));
            at = next;
        }
    }

    private ReadOnlyMemory<byte> ValueOf(ExtInodeRecord inode, ExtAttributeEntry entry)
    {
        if (entry.ValueInode == 0)
        {
            if (!HashMatches(entry, entry.Value.Span)) throw volume.Damage(inode.Number, $"attribute {PrefixOf(entry.Index)}{NameOf(inode, entry)}: the sum of its value is wrong");
            return entry.Value;
        }
        if (!volume.Super.Has(ExtIncompatible.EaInode)) throw volume.Damage(inode.Number, $"an attribute's value in inode {entry.ValueInode}, which this file system cannot have");
        if (entry.ValueInode > volume.Super.MaxInode) throw volume.Damage(inode.Number, $"an attribute's value in inode {entry.ValueInode} of {volume.Super.MaxInode}");
        string place = $"attribute {PrefixOf(entry.Index)}{NameOf(inode, entry)}, its value in inode {entry.ValueInode}";
        var holder = inodes.Find(entry.ValueInode);
        if (holder is null || !holder.Has(ExtInodeFlags.AttributeValue) || holder.Kind != InodeKind.File || holder.Has(ExtInodeFlags.InlineData))
            throw volume.Damage(inode.Number, $"{place}: that inode holds no value");
        if (inodes.SizeOf(holder) != entry.ValueSize) throw volume.Damage(inode.Number, $"{place}: {entry.ValueSize} bytes are due, {inodes.SizeOf(holder)} are there");
        byte[] value = new byte[entry.ValueSize];
        content.Read(holder, 0, value);
        uint sum = ExtChecksum.Crc32C(volume.Super.ChecksumSeed, value);
        // The first form of these (Lustre's) has no sum; there the holder names its owner where now a time would stand.
        bool isOld = (uint)holder.Modified.Seconds == inode.Number && holder.Generation == inode.Generation;
        if (sum != holder.AttributeHash && !isOld) throw volume.Damage(inode.Number, $"{place}: its sum is {sum:x8}, not {holder.AttributeHash:x8}");
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, holder.AttributeHash);
        if (!isOld && !HashMatches(entry, word)) throw volume.Damage(inode.Number, $"{place}: the sum of name and value is wrong");
        return value;
    }

    private static bool HashMatches(in ExtAttributeEntry entry, ReadOnlySpan<byte> value) =>
        // Kernels took a name's bytes as signed or unsigned, by the machine; it matters only for those above 127.
        entry.Hash == 0 || entry.Hash == Hash(entry.Name.Span, value, isSigned: false) || entry.Hash == Hash(entry.Name.Span, value, isSigned: true);

    private static uint Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isSigned)
    {
        uint hash = 0;
        foreach (byte c in name) hash = hash << 5 ^ hash >> 27 ^ (isSigned ? (uint)(sbyte)c : c);
        for (; value.Length >= 4; value = value[4..]) hash = hash << 16 ^ hash >> 16 ^ BinaryPrimitives.ReadUInt32LittleEndian(value);
        if (value.Length == 0) return hash;
        uint last = 0;
        for (int i = 0; i < value.Length; i++) last |= (uint)value[i] << 8 * i;
        return hash << 16 ^ hash >> 16 ^ last;
    }
}
