using System.Buffers.Binary;
using System.Text;
using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Archive.Format;

/// <summary>
/// A header record (docs/dump-format.md, sections 2, 3, 7 and 8), read from any of the forms and byte orders, written in ours. Mutable, so that a writer keeps one and a
/// reader fills one again and again; not safe for several threads.
/// </summary>
internal sealed class DumpHeader
{
    private const int InodeAt = 32, CountAt = 160, AddressAt = 164, LabelAt = 676, ExtensionAt = 904;

    public RecordType Type { get; set; }
    public int Magic { get; private set; } = DumpFormat.NewMagic;
    public bool BigEndian { get; private set; }
    public long Date { get; set; }
    public long PreviousDate { get; set; }
    public int Volume { get; set; }
    public long Record { get; set; }
    public uint Inode { get; set; }
    public int Count { get; set; }
    public int Level { get; set; }
    public HeaderFlags Flags { get; set; }
    public long FirstRecord { get; set; }
    public int BlockRecords { get; set; }
    public int AttributeKind { get; set; }
    public string Label { get; set; } = "";
    public string FileSystem { get; set; } = "";
    public string Device { get; set; } = "";
    public string Host { get; set; } = "";

    /// <summary>One byte a record that follows; zero is a hole.</summary>
    public byte[] Addresses { get; } = new byte[DumpFormat.SegmentRecords];

    public ushort Mode { get; set; }
    public uint Links { get; set; }
    public long Size { get; set; }
    public uint UserId { get; set; }
    public uint GroupId { get; set; }
    public InodeTime Accessed { get; set; }
    public InodeTime Modified { get; set; }
    public InodeTime Changed { get; set; }
    public InodeTime? Born { get; set; }
    public uint InodeFlags { get; set; }
    public uint UfsFlags { get; set; }
    public uint Generation { get; set; }
    public long Sectors { get; set; }
    public uint Device0 { get; set; }

    /// <summary>Bytes of attributes behind the content (UFS2 form).</summary>
    public int ExtensionBytes { get; private set; }

    /// <summary>Whether the header has our extension.</summary>
    public bool Extended { get; private set; }

    /// <summary>The data check of the records since the header before.</summary>
    public ulong DataCheck { get; set; }

    /// <summary>Which segment of its inode it begins, from 0.</summary>
    public uint Segment { get; set; }

    public InodeKind Kind => (InodeKind)(Mode >> 12);

    public bool IsUfs2 => Magic == DumpFormat.Ufs2Magic;

    public uint DeviceMajor => IsUfs2 ? (Device0 >> 8) & 0xFF : (Device0 >> 8) & 0xFFF;

    public uint DeviceMinor => IsUfs2 ? Device0 & 0xFFFF00FF : (Device0 & 0xFF) | ((Device0 >> 12) & 0xFFF00);

    /// <summary>Whether the segment's data records are all there, whatever the addresses say.</summary>
    public bool IsMap => Type is RecordType.Clear or RecordType.Bits;

    /// <summary>Data records that follow this header.</summary>
    public int DataRecords
    {
        get
        {
            if (IsMap) return Count;
            if (Type is not (RecordType.Inode or RecordType.Address)) return 0;
            int records = 0;
            foreach (byte address in Addresses.AsSpan(0, Count)) records += address != 0 ? 1 : 0;
            return records;
        }
    }

    /// <summary>A device number as a header has it.</summary>
    public static uint EncodeDevice(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);

    /// <summary>Reads a record; false when it is not a valid header.</summary>
    public bool TryRead(ReadOnlySpan<byte> record)
    {
        int magic = BinaryPrimitives.ReadInt32LittleEndian(record[24..]);
        bool big = false;
        if (magic is not (DumpFormat.NewMagic or DumpFormat.Ufs2Magic))
        {
            magic = BinaryPrimitives.ReverseEndianness(magic);
            big = true;
            if (magic is not (DumpFormat.NewMagic or DumpFormat.Ufs2Magic)) return false;
        }
        if (Sum(record, big) != DumpFormat.Checksum) return false;
        HeaderFields at = new(record, big);
        int type = at.Int32(0), count = at.Int32(CountAt);
        if (type is < (int)RecordType.Tape or > (int)RecordType.Clear) return false;
        if (count < 0 || count > (type is (int)RecordType.Clear or (int)RecordType.Bits ? DumpFormat.MaxMapRecords : DumpFormat.SegmentRecords))
        {
            // Volume headers count records to pass over, the end counts nothing; nobody reads these as addresses.
            if (type is not ((int)RecordType.Tape or (int)RecordType.End)) return false;
            count = 0;
        }
        (Type, Count, Magic, BigEndian) = ((RecordType)type, count, magic, big);
        Volume = at.Int32(12);
        Inode = at.UInt32(20);
        Level = at.Int32(692);
        Flags = (HeaderFlags)at.UInt32(888);
        record.Slice(AddressAt, DumpFormat.SegmentRecords).CopyTo(Addresses);
        Mode = at.UInt16(InodeAt);
        Size = at.Int64(40);
        if (Size < 0 && Type is RecordType.Inode or RecordType.Address) return false;
        InodeFlags = at.UInt32(132);
        UserId = at.UInt32(144);
        GroupId = at.UInt32(148);
        Extended = false;
        (DataCheck, Segment, Born, UfsFlags, ExtensionBytes) = (0, 0, null, 0, 0);
        if (IsUfs2) ReadUfs2(at);
        else ReadNew(at);
        return Type is not (RecordType.Inode or RecordType.Address) || ExtensionBytes >= 0;
    }

    /// <summary>Reads the texts too, which only the first header needs.</summary>
    public void ReadTexts(ReadOnlySpan<byte> record)
    {
        Label = Text(record.Slice(LabelAt, 16));
        FileSystem = Text(record.Slice(696, 64));
        Device = Text(record.Slice(760, 64));
        Host = Text(record.Slice(824, 64));
    }

    /// <summary>Writes the header, with checksum, into a record that is all zeroes.</summary>
    public void Write(Span<byte> record)
    {
        Put(record, 0, (int)Type);
        Put(record, 4, (int)Math.Clamp(Date, int.MinValue, int.MaxValue));
        Put(record, 8, (int)Math.Clamp(PreviousDate, int.MinValue, int.MaxValue));
        Put(record, 12, Volume);
        Put(record, 16, unchecked((int)Record));
        Put(record, 20, unchecked((int)Inode));
        Put(record, 24, DumpFormat.NewMagic);
        if (Type is RecordType.Inode or RecordType.Address) WriteInode(record);
        else if (IsMap) BinaryPrimitives.WriteInt64LittleEndian(record[40..], Size);
        Put(record, CountAt, Count);
        if (Type is RecordType.Inode or RecordType.Address or RecordType.End) Addresses.CopyTo(record[AddressAt..]);
        PutText(record.Slice(LabelAt, 16), Label);
        Put(record, 692, Level);
        PutText(record.Slice(696, 64), FileSystem);
        PutText(record.Slice(760, 64), Device);
        PutText(record.Slice(824, 64), Host);
        Put(record, 888, (int)Flags);
        Put(record, 892, unchecked((int)FirstRecord));
        Put(record, 896, BlockRecords);
        Put(record, 900, AttributeKind);
        WriteExtension(record[ExtensionAt..]);
        Put(record, 28, DumpFormat.Checksum - Sum(record, big: false));
    }

    /// <summary>Puts a data check into a header that is written already, and mends the checksum.</summary>
    public static void PutDataCheck(Span<byte> record, ulong check)
    {
        Span<byte> place = record[(ExtensionAt + 4)..];
        int before = BinaryPrimitives.ReadInt32LittleEndian(place) + BinaryPrimitives.ReadInt32LittleEndian(place[4..]);
        BinaryPrimitives.WriteUInt64LittleEndian(place, check);
        int after = BinaryPrimitives.ReadInt32LittleEndian(place) + BinaryPrimitives.ReadInt32LittleEndian(place[4..]);
        Put(record, 28, unchecked(BinaryPrimitives.ReadInt32LittleEndian(record[28..]) + before - after));
    }

    private void ReadNew(HeaderFields at)
    {
        Date = at.Int32(4);
        PreviousDate = at.Int32(8);
        Record = at.UInt32(16);
        FirstRecord = at.UInt32(892);
        BlockRecords = at.Int32(896);
        AttributeKind = at.Int32(900);
        Links = at.UInt16(34);
        Generation = at.UInt32(140);
        Sectors = at.UInt32(136);
        Device0 = at.UInt32(72);
        if (Device0 == 0) Device0 = at.UInt32(76);
        if ((Flags & HeaderFlags.NewInodeFormat) == 0 && UserId == 0 && GroupId == 0)
        {
            UserId = at.UInt16(36);
            GroupId = at.UInt16(38);
        }
        Accessed = Time(at.Int32(48), at.UInt32(52));
        Modified = Time(at.Int32(56), at.UInt32(60));
        Changed = Time(at.Int32(64), at.UInt32(68));
        if (at.UInt32(ExtensionAt) != DumpFormat.ExtensionMagic || BigEndian) return;
        Extended = true;
        DataCheck = unchecked((ulong)at.Int64(908));
        Accessed = new InodeTime(((long)at.Int32(928) << 32) | (uint)at.Int32(48), Math.Min(at.UInt32(916), 999_999_999));
        Modified = new InodeTime(((long)at.Int32(932) << 32) | (uint)at.Int32(56), Math.Min(at.UInt32(920), 999_999_999));
        Changed = new InodeTime(((long)at.Int32(936) << 32) | (uint)at.Int32(64), Math.Min(at.UInt32(924), 999_999_999));
        uint born = at.UInt32(940);
        if (born <= 999_999_999) Born = new InodeTime(at.Int64(944), born);
        UfsFlags = at.UInt32(952);
        Segment = at.UInt32(956);
    }

    private void ReadUfs2(HeaderFields at)
    {
        Date = at.Int64(896);
        PreviousDate = at.Int64(904);
        Record = at.Int64(912);
        FirstRecord = at.Int64(920);
        (BlockRecords, AttributeKind, Links, Generation, Sectors) = (0, 0, 0, 0, 0);
        Flags = (Flags & HeaderFlags.NewHeader) | HeaderFlags.NewInodeFormat;
        Device0 = at.UInt32(72);
        Accessed = new InodeTime(at.Int64(88), Math.Min(at.UInt32(52), 999_999_999));
        Modified = new InodeTime(at.Int64(96), Math.Min(at.UInt32(60), 999_999_999));
        Changed = Modified;
        Born = new InodeTime(at.Int64(80), Math.Min(at.UInt32(76), 999_999_999));
        ExtensionBytes = at.Int32(104);
        (UfsFlags, InodeFlags) = (InodeFlags, 0);
    }

    private void WriteInode(Span<byte> record)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(record[InodeAt..], Mode);
        BinaryPrimitives.WriteInt16LittleEndian(record[34..], (short)Math.Min(Links, (uint)short.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(record[36..], (ushort)UserId);
        BinaryPrimitives.WriteUInt16LittleEndian(record[38..], (ushort)GroupId);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], Size);
        PutTime(record, 48, Accessed);
        PutTime(record, 56, Modified);
        PutTime(record, 64, Changed);
        Put(record, 72, unchecked((int)Device0));
        Put(record, 132, unchecked((int)InodeFlags));
        Put(record, 136, unchecked((int)Sectors));
        Put(record, 140, unchecked((int)Generation));
        Put(record, 144, unchecked((int)UserId));
        Put(record, 148, unchecked((int)GroupId));
    }

    private void WriteExtension(Span<byte> place)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(place, DumpFormat.ExtensionMagic);
        BinaryPrimitives.WriteUInt64LittleEndian(place[4..], DataCheck);
        if (Type is RecordType.Inode or RecordType.Address)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(place[12..], Accessed.Nanoseconds);
            BinaryPrimitives.WriteUInt32LittleEndian(place[16..], Modified.Nanoseconds);
            BinaryPrimitives.WriteUInt32LittleEndian(place[20..], Changed.Nanoseconds);
            Put(place, 24, (int)(Accessed.Seconds >> 32));
            Put(place, 28, (int)(Modified.Seconds >> 32));
            Put(place, 32, (int)(Changed.Seconds >> 32));
            BinaryPrimitives.WriteUInt32LittleEndian(place[36..], Born?.Nanoseconds ?? uint.MaxValue);
            BinaryPrimitives.WriteInt64LittleEndian(place[40..], Born?.Seconds ?? 0);
            BinaryPrimitives.WriteUInt32LittleEndian(place[48..], UfsFlags);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(place[52..], Segment);
    }

    private static InodeTime Time(int seconds, uint fraction) =>
        new(seconds, fraction <= 999_999 ? fraction * 1000 : Math.Min(fraction, 999_999_999));

    private static void PutTime(Span<byte> record, int at, InodeTime time)
    {
        Put(record, at, unchecked((int)time.Seconds));
        Put(record, at + 4, (int)(time.Nanoseconds / 1000));
    }

    private static void Put(Span<byte> record, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(record[at..], value);

    private static void PutText(Span<byte> field, string text)
    {
        // The last byte stays NUL.
        Encoding.UTF8.GetEncoder().Convert(text, field[..^1], flush: true, out _, out _, out _);
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static int Sum(ReadOnlySpan<byte> record, bool big)
    {
        int sum = 0;
        ReadOnlySpan<int> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(record);
        if (BitConverter.IsLittleEndian != big)
        {
            foreach (int word in words) sum = unchecked(sum + word);
        }
        else
        {
            foreach (int word in words) sum = unchecked(sum + BinaryPrimitives.ReverseEndianness(word));
        }
        return sum;
    }
}
