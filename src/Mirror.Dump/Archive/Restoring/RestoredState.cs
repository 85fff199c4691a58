using System.Buffers.Binary;
using Mirror.Core.Files;
using Mirror.Dump.Archive.Format;
using Mirror.Dump.Archive.Reading;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Restoring;

/// <summary>
/// What an incremental restore keeps in its target, so that the next level finds what it builds on: the date, and for each directory its entries in dump form. Little-endian:
/// "DMUS0001", date i64, then for each directory inode u32, bytes u32, entries.
/// </summary>
internal static class RestoredState
{
    private const int HeadBytes = 16, DirectoryHead = 8;

    public static ReadOnlySpan<byte> FileName => ".diskmirror-undump"u8;

    private static ReadOnlySpan<byte> NewName => ".diskmirror-undump.new"u8;

    private static ReadOnlySpan<byte> Magic => "DMUS0001"u8;

    /// <summary>Reads the state; null when there is none.</summary>
    /// <exception cref="DamagedException">It does not hold together.</exception>
    public static ArchiveCatalog? Read(IRestoreTarget target)
    {
        if (target.Root.Stat(FileName) is not { } stat) return null;
        if (stat.SizeBytes is < HeadBytes or > DumpFormat.MaxDirectoryBytes) throw Bad(target);
        byte[] bytes = new byte[stat.SizeBytes];
        using (ITargetFile file = target.Root.OpenFile(FileName))
        {
            if (file.Read(0, bytes) < bytes.Length) throw Bad(target);
        }
        if (!bytes.AsSpan(0, 8).SequenceEqual(Magic)) throw Bad(target);
        ArchiveCatalog catalog = new(Shape(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8))));
        for (int at = HeadBytes; at < bytes.Length;)
        {
            if (at + DirectoryHead > bytes.Length) throw Bad(target);
            uint inode = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)), length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            at += DirectoryHead;
            if (length > bytes.Length - at) throw Bad(target);
            catalog.Add(Directory(inode, bytes[at..(at + (int)length)]));
            at += (int)length;
        }
        catalog.Complete();
        return catalog;
    }

    /// <summary>Writes the state of what is now in the target.</summary>
    public static void Write(IRestoreTarget target, ArchiveCatalog catalog, long date)
    {
        target.Root.Remove(NewName, directory: false);
        using (ITargetFile file = target.Root.CreateFile(NewName))
        {
            byte[] head = new byte[HeadBytes];
            Magic.CopyTo(head);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), date);
            file.Write(0, head);
            long at = HeadBytes;
            foreach (ArchiveDirectory directory in catalog.Tree)
            {
                byte[] entries = Entries(catalog.EntriesOf(directory).Select(e => (e.Inode, e.Name.Bytes.ToArray())));
                byte[] part = new byte[DirectoryHead + entries.Length];
                BinaryPrimitives.WriteUInt32LittleEndian(part, directory.Inode.Number);
                BinaryPrimitives.WriteInt32LittleEndian(part.AsSpan(4), entries.Length);
                entries.CopyTo(part, DirectoryHead);
                file.Write(at, part);
                at += part.Length;
            }
        }
        target.Root.Remove(FileName, directory: false);
        target.Root.Rename(NewName, target.Root, FileName);
    }

    /// <summary>A directory of which only the names are known.</summary>
    public static ArchiveDirectory Directory(uint inode, byte[] entries) => new()
    {
        Inode = new ArchiveInode
        {
            Number = inode,
            Mode = ((int)InodeKind.Directory << 12) | 0x1C0,
            Links = 2,
            SizeBytes = entries.Length,
            UserId = 0,
            GroupId = 0,
            Accessed = default,
            Modified = default,
            Flags = 0,
            DeviceMajor = 0,
            DeviceMinor = 0,
            MetadataOnly = false,
            ExtensionBytes = 0,
        },
        Entries = entries,
    };

    /// <summary>Entries in our dump form.</summary>
    public static byte[] Entries(IEnumerable<(uint Inode, byte[] Name)> entries)
    {
        using MemoryStream stream = new();
        int lastAt = -1;
        foreach ((uint inode, byte[] name) in entries) DumpDirectory.Add(stream, ref lastAt, inode, name, InodeKind.None);
        DumpDirectory.Close(stream, lastAt);
        return stream.ToArray();
    }

    /// <summary>The shape of a catalog in our dump form.</summary>
    public static ArchiveShape Shape(long date) => new()
    {
        Date = date,
        PreviousDate = 0,
        Level = 0,
        Magic = DumpFormat.NewMagic,
        BigEndian = false,
        Compressed = false,
        OldDirectories = false,
        BlockRecords = 1,
        Label = "",
        FileSystem = "",
        Device = "",
        Host = "",
    };

    private static DamagedException Bad(IRestoreTarget target) => new($"{target.Name}/.diskmirror-undump does not hold together. Restore from level 0 into an empty directory.");
}
