using System.Buffers.Binary;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Format;

/// <summary>Directories in dump form (docs/dump-format.md, section 4).</summary>
internal static class DumpDirectory
{
    private const int EntryHeader = 8;

    /// <summary>
    /// Adds an entry to a directory that is being made. Inode 0 is nobody's.
    /// <para><paramref name="directory"/>: What there is so far; <paramref name="lastAt"/> is where its last entry begins, -1 at first.</para>
    /// </summary>
    public static void Add(MemoryStream directory, ref int lastAt, uint inode, ReadOnlySpan<byte> name, InodeKind kind)
    {
        int bytes = (EntryHeader + name.Length + 1 + 3) & ~3;
        int at = (int)directory.Length;
        int room = DumpFormat.DirectoryChunk - (at % DumpFormat.DirectoryChunk);
        if (bytes > room)
        {
            Close(directory, lastAt);
            at = (int)directory.Length;
        }
        directory.SetLength(at + bytes);
        Span<byte> entry = directory.GetBuffer().AsSpan(at, bytes);
        entry.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry, inode);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)bytes);
        entry[6] = (byte)kind;
        entry[7] = (byte)name.Length;
        name.CopyTo(entry[EntryHeader..]);
        lastAt = at;
    }

    /// <summary>Makes the last entry reach to the end of its chunk.</summary>
    public static void Close(MemoryStream directory, int lastAt)
    {
        int rest = (int)(directory.Length % DumpFormat.DirectoryChunk);
        if (rest == 0 || lastAt < 0) return;
        rest = DumpFormat.DirectoryChunk - rest;
        int end = (int)directory.Length;
        directory.SetLength(end + rest);
        directory.GetBuffer().AsSpan(end, rest).Clear();
        Span<byte> length = directory.GetBuffer().AsSpan(lastAt + 4);
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(length) + rest));
    }

    /// <summary>
    /// Reads the entry at <paramref name="at"/> and moves on; false at the end. Entries that do not hold together are passed over to the next chunk, and
    /// <paramref name="damaged"/> is set.
    /// <para><paramref name="nameAt"/>, <paramref name="nameLength"/>: Where its name is in <paramref name="directory"/>.</para>
    /// </summary>
    public static bool TryNext(ReadOnlySpan<byte> directory, bool bigEndian, bool oldForm, ref int at, out uint inode, out int nameAt, out int nameLength, ref bool damaged)
    {
        (inode, nameAt, nameLength) = (0, 0, 0);
        while (at + EntryHeader <= directory.Length)
        {
            int chunkEnd = Math.Min(directory.Length, (at / DumpFormat.DirectoryChunk * DumpFormat.DirectoryChunk) + DumpFormat.DirectoryChunk);
            HeaderFields entry = new(directory.Slice(at, EntryHeader), bigEndian);
            inode = entry.UInt32(0);
            int bytes = entry.UInt16(4);
            int length = oldForm ? entry.UInt16(6) : directory[at + 7];
            // Big-endian writers of the old form had the length where the type is now; little-endian ones had it in the low byte.
            if (bytes < EntryHeader || bytes % 4 != 0 || at + bytes > chunkEnd)
            {
                // A directory of zeroes is what is left of one that was damaged.
                damaged = true;
                at = chunkEnd;
                continue;
            }
            if (inode != 0 && (length == 0 || length > 255 || EntryHeader + length > bytes))
            {
                // Stock dump gives a name of 255 bytes an entry of 8, and overwrites it with the next: the name is lost, what follows is not.
                damaged = true;
                at += bytes;
                continue;
            }
            (nameAt, nameLength) = (at + EntryHeader, length);
            at += bytes;
            if (inode == 0) continue;
            if (directory.Slice(nameAt, nameLength).ContainsAny((byte)0, (byte)'/'))
            {
                damaged = true;
                continue;
            }
            return true;
        }
        return false;
    }

    /// <summary>Whether a name is one of the two that a directory has by itself.</summary>
    public static bool IsDot(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
}
