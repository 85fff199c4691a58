using System.Buffers.Binary;

namespace Mirror.Dump.Archive.Format;

/// <summary>The fields of a header record in the byte order of its writer.</summary>
internal readonly ref struct HeaderFields(ReadOnlySpan<byte> record, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> _record = record;

    public ushort UInt16(int at) => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(_record[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(_record[at..]);

    public uint UInt32(int at) => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_record[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(_record[at..]);

    public int Int32(int at) => unchecked((int)UInt32(at));

    public long Int64(int at) => bigEndian ? BinaryPrimitives.ReadInt64BigEndian(_record[at..]) : BinaryPrimitives.ReadInt64LittleEndian(_record[at..]);
}
