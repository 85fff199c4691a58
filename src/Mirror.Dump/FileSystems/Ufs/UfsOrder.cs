using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>Reads numbers in the byte order of the machine that the file system was made on.</summary>
/// <param name="Big">Most significant byte first.</param>
internal readonly record struct UfsOrder(bool Big)
{
    public ushort U16(ReadOnlySpan<byte> from, int at) => Big ? BinaryPrimitives.ReadUInt16BigEndian(from[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);

    public uint U32(ReadOnlySpan<byte> from, int at) => Big ? BinaryPrimitives.ReadUInt32BigEndian(from[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);

    public ulong U64(ReadOnlySpan<byte> from, int at) => Big ? BinaryPrimitives.ReadUInt64BigEndian(from[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(from[at..]);

    public short I16(ReadOnlySpan<byte> from, int at) => (short)U16(from, at);

    public int I32(ReadOnlySpan<byte> from, int at) => (int)U32(from, at);

    public long I64(ReadOnlySpan<byte> from, int at) => (long)U64(from, at);
}
