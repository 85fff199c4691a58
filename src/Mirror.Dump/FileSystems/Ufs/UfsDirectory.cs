namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>
/// The names in directories. An entry (inode u32, length u16, kind u8, name's length u8, name) stays within 512 bytes; the old format has 16 bits for
/// the name's length and tells no kind. Whiteouts and the names of snapshots are left out.
/// </summary>
internal sealed class UfsDirectory(UfsVolume volume, UfsContent content)
{
    private const int ChunkBytes = 512;
    private const int BufferBytes = 64 << 10;
    private const int EntryBytes = 8;
    private const uint WhiteoutNumber = 1;

    /// <summary>The names, in the order of the blocks.</summary>
    public IEnumerable<DirectoryEntry> Read(UfsInodeRecord inode, long size)
    {
        if (size % ChunkBytes != 0) throw volume.Damage(inode.Number, $"a directory of {size} bytes, which is no multiple of {ChunkBytes}");
        var names = new List<DirectoryEntry>();
        foreach (DataRun run in content.Runs(inode, size))
        {
            for (long done = 0; done < run.Length;)
            {
                // The names are slices of this buffer, so each gets its own.
                byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(BufferBytes, run.Length - done));
                volume.Source.Read(run.SourceOffset + done, buffer);
                for (int at = 0; at < buffer.Length; at += ChunkBytes)
                {
                    names.Clear();
                    Parse(inode, buffer.AsMemory(at, ChunkBytes), run.Offset + done + at, names);
                    foreach (DirectoryEntry name in names) yield return name;
                }
                done += buffer.Length;
            }
        }
    }

    private void Parse(UfsInodeRecord inode, ReadOnlyMemory<byte> chunk, long place, List<DirectoryEntry> names)
    {
        UfsSuperblock super = volume.Super;
        ReadOnlySpan<byte> raw = chunk.Span;
        for (int at = 0; at < raw.Length;)
        {
            DamagedException Bad(string what) => volume.Damage(inode.Number, $"directory, byte {place + at}: {what}");

            if (raw.Length - at < EntryBytes) throw Bad("a cut entry");
            ReadOnlySpan<byte> entry = raw[at..];
            uint number = super.Order.U32(entry, 0);
            int length = super.Order.U16(entry, 4);
            if (length < EntryBytes || (length & 3) != 0 || length > entry.Length) throw Bad($"an entry of {length} bytes");
            InodeKind kind = super.OldDirectories ? InodeKind.None : (InodeKind)entry[6];
            if (number != 0 && !(number == WhiteoutNumber && kind == InodeKind.Whiteout))
            {
                int nameLength = super.OldDirectories ? super.Order.U16(entry, 6) : entry[7];
                if (nameLength is 0 or > 255 || EntryBytes + nameLength > length) throw Bad($"a name of {nameLength} bytes in an entry of {length}");
                if (number > super.MaxInode) throw Bad($"a name of inode {number} of {super.MaxInode}");
                if (entry.Slice(EntryBytes, nameLength).ContainsAny((byte)0, (byte)'/')) throw Bad("a name with a slash or NUL");
                if (!super.Snapshots.Contains(number)) names.Add(new DirectoryEntry(number, chunk.Slice(at + EntryBytes, nameLength), Enum.IsDefined(kind) ? kind : InodeKind.None));
            }
            at += length;
        }
    }
}
