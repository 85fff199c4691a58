using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>
/// The names in directories. All blocks are walked in order: the inner blocks of a hash tree look like blocks with one unused entry, so they need no care
/// but for their checksum. Layout: kernel Documentation/filesystems/ext4/directory.rst and inlinedata.rst.
/// </summary>
internal sealed class ExtDirectory(ExtVolume volume, ExtContent content, ExtAttributes attributes)
{
    private const int ChunkBytes = 64 << 10;
    private const int TailBytes = 12;
    private const byte TailType = 0xDE;

    private static ReadOnlySpan<InodeKind> Kinds =>
    [
        InodeKind.None, InodeKind.File, InodeKind.Directory, InodeKind.CharacterDevice, InodeKind.BlockDevice, InodeKind.Fifo, InodeKind.Socket,
        InodeKind.SymbolicLink,
    ];

    /// <summary>The names of a directory that is not encrypted.</summary>
    /// <param name="inode">The directory.</param>
    /// <param name="size">Bytes of it.</param>
    public IEnumerable<DirectoryEntry> Read(ExtInodeRecord inode, long size)
    {
        var names = new List<DirectoryEntry>();
        if (inode.Has(ExtInodeFlags.InlineData))
        {
            ReadInline(inode, names);
            foreach (var name in names) yield return name;
            yield break;
        }
        int bytes = volume.BlockBytes;
        if (size % bytes != 0) throw volume.Damage(inode.Number, $"a directory of {size} bytes in blocks of {bytes}");
        foreach (var run in content.Runs(inode, size))
        {
            for (long done = 0; done < run.Length;)
            {
                // The names are slices of this buffer, so each gets its own.
                byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(ChunkBytes, bytes), run.Length - done));
                volume.Source.Read(run.SourceOffset + done, buffer);
                for (int at = 0; at < buffer.Length; at += bytes)
                {
                    names.Clear();
                    long logical = (run.Offset + done + at) / bytes;
                    if (volume.HasChecksums) Verify(inode, buffer.AsSpan(at, bytes), logical);
                    Parse(inode, buffer.AsMemory(at, bytes), logical, names);
                    foreach (var name in names) yield return name;
                }
                done += buffer.Length;
            }
        }
    }

    private void ReadInline(ExtInodeRecord inode, List<DirectoryEntry> names)
    {
        // The parent's number stands for "..", nothing for "."; then come two regions with entries of their own.
        byte[] map = inode.Map.ToArray();
        uint parent = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (parent == 0 || parent > volume.Super.MaxInode) throw volume.Damage(inode.Number, $"its parent is inode {parent} of {volume.Super.MaxInode}");
        names.Add(new DirectoryEntry(inode.Number, "."u8.ToArray(), InodeKind.Directory));
        names.Add(new DirectoryEntry(parent, ".."u8.ToArray(), InodeKind.Directory));
        Parse(inode, map.AsMemory(4), 0, names);
        var more = attributes.InlineData(inode);
        if (more.Length > 0) Parse(inode, more, 1, names);
    }

    private void Parse(ExtInodeRecord inode, ReadOnlyMemory<byte> block, long logical, List<DirectoryEntry> names)
    {
        var raw = block.Span;
        bool hasTypes = volume.Super.Has(ExtIncompatible.FileType);
        for (int at = 0; at < raw.Length;)
        {
            DamagedException Bad(string what) => volume.Damage(inode.Number, $"directory block {logical}, byte {at}: {what}");

            if (raw.Length - at < 8) throw Bad("a cut entry");
            var entry = raw[at..];
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]);
            // In blocks of 64 KiB two low bits, free because lengths are multiples of 4, carry the rest.
            if (volume.BlockBytes > ushort.MaxValue) length = length is 0 or ushort.MaxValue ? volume.BlockBytes : length & 0xFFFC | (length & 3) << 16;
            if (length < 8 || (length & 3) != 0 || length > entry.Length) throw Bad($"an entry of {length} bytes");
            if (number != 0)
            {
                int nameLength = hasTypes ? entry[6] : BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
                if (nameLength == 0 || nameLength > 255 || 8 + nameLength > length) throw Bad($"a name of {nameLength} bytes in an entry of {length}");
                if (number > volume.Super.MaxInode) throw Bad($"a name of inode {number} of {volume.Super.MaxInode}");
                if (entry.Slice(8, nameLength).ContainsAny((byte)0, (byte)'/')) throw Bad("a name with a slash or NUL");
                var kind = hasTypes && entry[7] < Kinds.Length ? Kinds[entry[7]] : InodeKind.None;
                names.Add(new DirectoryEntry(number, block.Slice(at + 8, nameLength), kind));
            }
            at += length;
        }
    }

    private void Verify(ExtInodeRecord inode, ReadOnlySpan<byte> block, long logical)
    {
        int tree = inode.Has(ExtInodeFlags.Index) ? FindTree(block, logical) : 0;
        uint sum, stored;
        if (tree != 0)
        {
            int limit = BinaryPrimitives.ReadUInt16LittleEndian(block[tree..]), count = BinaryPrimitives.ReadUInt16LittleEndian(block[(tree + 2)..]);
            int tail = tree + limit * 8;
            if (count > limit || tail > block.Length - 8) throw volume.Damage(inode.Number, $"directory block {logical}: {count} tree entries of {limit}");
            sum = ExtChecksum.Crc32C(inode.Seed, block[..(tree + count * 8)]);
            sum = ExtChecksum.Crc32C(sum, block.Slice(tail, 4));
            sum = ExtChecksum.Crc32C(sum, 0u);
            stored = BinaryPrimitives.ReadUInt32LittleEndian(block[(tail + 4)..]);
        }
        else
        {
            var tail = block[^TailBytes..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(tail[4..]) != TailBytes || tail[6] != 0 || tail[7] != TailType)
                throw volume.Damage(inode.Number, $"directory block {logical} has no checksum (e2fsck -D adds it)");
            sum = ExtChecksum.Crc32C(inode.Seed, block[..^TailBytes]);
            stored = BinaryPrimitives.ReadUInt32LittleEndian(tail[8..]);
        }
        if (sum != stored) throw volume.Damage(inode.Number, $"directory block {logical}: its checksum is {sum:x8}, not {stored:x8}");
    }

    /// <summary>Where the counts of a hash tree's block stand; 0 when it is a block with names.</summary>
    private static int FindTree(ReadOnlySpan<byte> block, long logical)
    {
        int first = BinaryPrimitives.ReadUInt16LittleEndian(block[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(block) == 0 && IsWhole(first, block.Length)) return 8;
        if (logical != 0 || first != 12 || !IsWhole(BinaryPrimitives.ReadUInt16LittleEndian(block[16..]), block.Length - 12)) return 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(block[24..]) == 0 && block[29] == 8 ? 32 : 0;
    }

    private static bool IsWhole(int length, int bytes) => bytes <= ushort.MaxValue ? length == bytes : length is 0 or ushort.MaxValue || (length & 0xFFFC | (length & 3) << 16) == bytes;
}
