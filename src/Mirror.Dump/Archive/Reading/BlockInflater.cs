using System.IO.Compression;
using ICSharpCode.SharpZipLib.BZip2;

namespace Mirror.Dump.Archive.Reading;

/// <summary>Decompresses tape blocks. Safe for several threads.</summary>
internal static class BlockInflater
{
    /// <summary>Fills the frame's records; leaves them empty, and says why, when the block is damaged.</summary>
    /// <param name="frame">With its bytes.</param>
    /// <param name="blockBytes">What a block must give.</param>
    public static void Inflate(TapeFrame frame, int blockBytes)
    {
        frame.RecordsLength = 0;
        if (frame.Kind == FrameKind.Plain)
        {
            (frame.Records, frame.Bytes) = (frame.Bytes, frame.Records);
            frame.RecordsLength = frame.Length;
            return;
        }
        if (frame.Records.Length < blockBytes) frame.Records = GC.AllocateUninitializedArray<byte>(blockBytes);
        string where = frame.What;
        try
        {
            using MemoryStream input = new(frame.Bytes, 0, frame.Length);
            using Stream output = frame.Kind == FrameKind.Zlib ? new ZLibStream(input, CompressionMode.Decompress) : new BZip2InputStream(input) { IsStreamOwner = false };
            int got = output.ReadAtLeast(frame.Records.AsSpan(0, blockBytes), blockBytes, throwOnEndOfStream: false);
            // Reading past the last byte is what makes the checksum at the end be looked at.
            if (got == blockBytes && output.ReadByte() < 0)
            {
                frame.RecordsLength = blockBytes;
                return;
            }
            frame.What = $"the block ({where}) gives {(got < blockBytes ? $"{got} bytes, not" : "more than")} {blockBytes}";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Decoders throw whatever they come upon in damaged input.
            frame.What = $"the block ({where}) does not decompress: {e.Message}";
        }
    }
}
