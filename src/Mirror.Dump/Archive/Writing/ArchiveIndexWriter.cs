using System.Buffers.Binary;
using System.Globalization;
using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Writing;

/// <summary>Writes the index of an archive (docs/dump-format.md, section 5): the first inode that begins in each tape block, directories excepted.</summary>
internal sealed class ArchiveIndexWriter(Stream stream, long date)
{
    /// <summary>The first line of an index, and its version.</summary>
    public const string Magic = "495115637697", Version = "1.0";

    private readonly StreamWriter _writer = new(stream, new System.Text.UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
    private bool _begun;

    /// <summary>Adds the blocks of a unit that is written at <paramref name="position"/> of its volume.</summary>
    public void Add(TapeUnit unit, int blockBytes, long position)
    {
        if (!_begun) _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Magic}\n{Version}\n{date}\n\nino\ttapeno\ttapepos\n"));
        _begun = true;
        int block = -1;
        foreach (TapeEvent at in unit.Events)
        {
            if (at.Records > 0 || at.At / blockBytes == block) continue;
            ReadOnlySpan<byte> header = unit.Buffer.AsSpan(at.At, DumpFormat.RecordBytes);
            if (header[0] != (byte)RecordType.Inode || (BinaryPrimitives.ReadUInt16LittleEndian(header[32..]) >> 12) == (int)FileSystems.InodeKind.Directory
                || (BinaryPrimitives.ReadInt32LittleEndian(header[888..]) & (int)HeaderFlags.Attributes) != 0)
            {
                continue;
            }
            block = at.At / blockBytes;
            _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32LittleEndian(header[20..])}\t{unit.Volume}\t{position + unit.BlockStarts[block]}\n"));
        }
    }

    /// <summary>All is written.</summary>
    public void Complete() => _writer.Flush();
}
