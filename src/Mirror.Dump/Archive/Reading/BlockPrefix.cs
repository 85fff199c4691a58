using System.Buffers.Binary;
using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>The prefix of a tape block in a compressed archive.</summary>
internal readonly record struct BlockPrefix(bool Compressed, int Method, int Length)
{
    private const int Lzo = 2;

    /// <summary>Reads a prefix; false when it can be none of an archive with such blocks.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool bigEndian, int blockBytes, out BlockPrefix prefix)
    {
        prefix = default;
        if (bytes.Length < DumpFormat.PrefixBytes) return false;
        uint word = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        // Bit fields begin at the other end of the word where bytes do.
        prefix = bigEndian
            ? new BlockPrefix((word >> 31) != 0, (int)((word >> 28) & 7), (int)(word & 0x0FFFFFFF))
            : new BlockPrefix((word & 1) != 0, (int)((word >> 1) & 7), (int)(word >> 4));
        return prefix.Compressed ? prefix.Length is > 0 && prefix.Length < blockBytes && prefix.Method <= Lzo : prefix.Length == blockBytes;
    }

    /// <summary>What a frame with this prefix is.</summary>
    /// <exception cref="NotSupportedException">LZO.</exception>
    public FrameKind Kind(string name) => !Compressed ? FrameKind.Plain : Method switch
    {
        0 => FrameKind.Zlib,
        1 => FrameKind.Bzip2,
        _ => throw new NotSupportedException($"{name} is compressed with LZO (dump -y), which is not read here. Restore it with stock restore, or make it anew with zlib (dump -z)."),
    };
}
