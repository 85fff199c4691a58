using System.Buffers.Binary;
using System.Text;

namespace Mirror.Dump.Tests.Archive;

/// <summary>
/// An archive in the form of FreeBSD's dump (docs/dump-format.md, section 8), put together by hand, record by record, from the layout of its headers: magic 0x19540119, 64-bit dates, inodes of
/// UFS2, attributes behind the content. No code of the reader is used.
/// </summary>
internal sealed class Ufs2Archive(bool bigEndian)
{
    private const int Magic = 0x19540119, Checksum = 84446;
    private const int Tape = 1, Inode = 2, Bits = 3, Address = 4, End = 5, Clear = 6;
    private const ushort DirectoryMode = 0x41ED, FileMode = 0x81A4, LinkMode = 0xA1ED;

    private readonly List<byte[]> _records = [];

    public const long Date = 1_700_000_000;

    /// <summary>Content of <c>large</c>: 700 KiB in two segments with a hole in each; elsewhere the file name.</summary>
    public static byte[] Large { get; } = MakeLarge();

    /// <summary>The archive: <c>large</c> (3), <c>small</c> (4) with attributes, <c>link</c> (5), <c>sub</c> (6) with <c>hard</c>, which is <c>small</c>.</summary>
    public static byte[] Make(bool bigEndian)
    {
        Ufs2Archive archive = new(bigEndian);
        archive.Header(Tape, 0, 0);
        foreach (int type in (int[])[Clear, Bits])
        {
            archive.Header(type, 0, 1);
            archive._records.Add(Padded([0b0011_1110]));
        }
        archive.Put(2, DirectoryMode, archive.Names((2, 4, "."), (2, 4, ".."), (3, 8, "large"), (4, 8, "small"), (5, 10, "link"), (6, 4, "sub")), []);
        archive.Put(6, DirectoryMode, archive.Names((6, 4, "."), (2, 4, ".."), (4, 8, "hard")), []);
        archive.Put(3, FileMode, Large, []);
        archive.Put(4, FileMode, "small"u8.ToArray(), [.. archive.Attribute(1, "note", "kept"u8), .. archive.Attribute(2, "secret", "s"u8)]);
        archive.Put(5, LinkMode, "sub/hard"u8.ToArray(), []);
        archive.Header(End, 0, 0);
        while (archive._records.Count % 10 != 0) archive.Header(End, 0, 0);
        return [.. archive._records.SelectMany(r => r)];
    }

    private static byte[] MakeLarge()
    {
        byte[] content = new byte[700 << 10];
        new Random(1).NextBytes(content);
        content.AsSpan(100 << 10, 50 << 10).Clear();
        content.AsSpan(600 << 10, 20 << 10).Clear();
        return content;
    }

    private void Put(uint inode, ushort mode, byte[] content, byte[] attributes)
    {
        // The attributes begin in the record after the content.
        byte[] all = [.. Whole(content), .. Whole(attributes)];
        int type = Inode;
        for (int at = 0; at == 0 || at < all.Length; at += 512 << 10)
        {
            byte[][] records = [.. all[at..Math.Min(all.Length, at + (512 << 10))].Chunk(1024)];
            byte[] there = [.. records.Select((r, i) => (byte)(r.Any(b => b != 0) || at + (i * 1024) >= content.Length ? 1 : 0))];
            Header(type, inode, records.Length, there, mode, content.Length, attributes.Length);
            for (int i = 0; i < records.Length; i++)
            {
                if (there[i] != 0) _records.Add(records[i]);
            }
            type = Address;
        }
    }

    private void Header(int type, uint inode, int count, byte[]? there = null, ushort mode = 0, long size = 0, int attributes = 0)
    {
        byte[] record = new byte[1024];
        Int(record, 0, type);
        Int(record, 12, 1);
        Int(record, 20, (int)inode);
        Int(record, 24, Magic);
        Int(record, 160, count);
        there?.CopyTo(record, 164);
        "label"u8.CopyTo(record.AsSpan(676));
        "/usr"u8.CopyTo(record.AsSpan(696));
        Int(record, 888, 2 | (type == Tape ? 1 : 0));
        Long(record, 896, Date);
        Long(record, 912, _records.Count);
        if (mode != 0)
        {
            Short(record, 32, mode);
            Long(record, 40, size);
            Int(record, 52, 1);
            Int(record, 60, 123_456_789);
            Long(record, 88, Date - 10);
            Long(record, 96, Date - 5);
            Int(record, 104, attributes);
            Int(record, 144, 1001);
            Int(record, 148, 1002);
        }
        int sum = 0;
        for (int i = 0; i < 1024; i += 4) sum = unchecked(sum + (bigEndian ? BinaryPrimitives.ReadInt32BigEndian(record.AsSpan(i)) : BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(i))));
        Int(record, 28, unchecked(Checksum - sum));
        _records.Add(record);
    }

    private byte[] Names(params (uint Inode, byte Type, string Name)[] names)
    {
        byte[] chunk = new byte[512];
        int at = 0;
        for (int i = 0; i < names.Length; i++)
        {
            int length = i == names.Length - 1 ? 512 - at : (8 + names[i].Name.Length + 1 + 3) / 4 * 4;
            Int(chunk, at, (int)names[i].Inode);
            Short(chunk, at + 4, (ushort)length);
            (chunk[at + 6], chunk[at + 7]) = (names[i].Type, (byte)names[i].Name.Length);
            Encoding.ASCII.GetBytes(names[i].Name).CopyTo(chunk, at + 8);
            at += length;
        }
        return chunk;
    }

    private byte[] Attribute(byte space, string name, ReadOnlySpan<byte> value)
    {
        int head = (7 + name.Length + 7) / 8 * 8, padding = (8 - (value.Length % 8)) % 8;
        byte[] entry = new byte[head + value.Length + padding];
        Int(entry, 0, entry.Length);
        (entry[4], entry[5], entry[6]) = (space, (byte)padding, (byte)name.Length);
        Encoding.ASCII.GetBytes(name).CopyTo(entry, 7);
        value.CopyTo(entry.AsSpan(head));
        return entry;
    }

    private static byte[] Whole(byte[] bytes) => [.. bytes, .. new byte[(1024 - (bytes.Length % 1024)) % 1024]];

    private static byte[] Padded(byte[] bytes) => Whole(bytes);

    private void Short(byte[] record, int at, ushort value)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(at), value);
        else BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(at), value);
    }

    private void Int(byte[] record, int at, int value)
    {
        if (bigEndian) BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(at), value);
        else BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(at), value);
    }

    private void Long(byte[] record, int at, long value)
    {
        if (bigEndian) BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(at), value);
        else BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(at), value);
    }
}
