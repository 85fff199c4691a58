using ICSharpCode.SharpZipLib.BZip2;
using Mirror.Dump.Archive.Deflate;

namespace Mirror.Dump.Archive.Reading;

/// <summary>Decompresses tape blocks. Used by one thread.</summary>
internal sealed class BlockInflater
{
    private readonly FastInflate _zlib = new();

    /// <summary>Fills the records of a packed frame; leaves them empty, and says why, when the block is damaged.</summary>
    /// <param name="frame">With its bytes.</param>
    /// <param name="blockBytes">What a block must give.</param>
    public void Inflate(TapeFrame frame, int blockBytes)
    {
        frame.RecordsLength = 0;
        if (frame.Records.Length < blockBytes) frame.Records = GC.AllocateUninitializedArray<byte>(blockBytes);
        string where = frame.What;
        try
        {
            ReadOnlySpan<byte> block = frame.Bytes.AsSpan(0, frame.Length);
            Span<byte> records = frame.Records.AsSpan(0, blockBytes);
            int got = frame.Kind == FrameKind.Zlib ? _zlib.Decompress(block, records) : Bzip2(frame, records);
            if (got == blockBytes) frame.RecordsLength = blockBytes;
            else frame.What = $"the block ({where}) gives {got} bytes, not {blockBytes}";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library's decoder throws whatever it comes upon in damaged input.
            frame.What = $"the block ({where}) does not decompress: {e.Message}";
        }
    }

    private static int Bzip2(TapeFrame frame, Span<byte> records)
    {
        using MemoryStream input = new(frame.Bytes, 0, frame.Length);
        using BZip2InputStream output = new(input) { IsStreamOwner = false };
        int got = output.ReadAtLeast(records, records.Length, throwOnEndOfStream: false);
        // Reading past the last byte is what makes the checksum at the end be looked at.
        return got < records.Length || output.ReadByte() < 0 ? got : throw new DamagedException($"it gives more than {records.Length} bytes");
    }
}
