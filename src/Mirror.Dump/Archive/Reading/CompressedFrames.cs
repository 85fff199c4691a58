using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// A compressed volume: the first tape block plain, then blocks with prefixes. A prefix is believed when another one, or the end, follows its block; where none does, the next place
/// where two stand in a row is searched for, byte by byte.
/// </summary>
internal sealed class CompressedFrames(ByteWindow window, string name, bool bigEndian, int blockBytes, bool inside) : ITapeFrames
{
    private bool _first = !inside;

    public int FrameBytes => blockBytes;

    /// <summary>Bytes that a window must be able to look ahead for blocks of this size.</summary>
    public static int LookAhead(int blockBytes) => (3 * (blockBytes + DumpFormat.PrefixBytes)) + DumpFormat.PrefixBytes;

    public void Next(TapeFrame frame)
    {
        if (_first)
        {
            _first = false;
            Take(frame, FrameKind.Plain, 0, blockBytes);
            return;
        }
        ReadOnlySpan<byte> ahead = window.Peek(LookAhead(blockBytes));
        if (ahead.IsEmpty)
        {
            frame.Kind = FrameKind.EndOfVolume;
            return;
        }
        if (Stands(ahead, 0, 1, out BlockPrefix prefix))
        {
            Take(frame, prefix.Kind(name), DumpFormat.PrefixBytes, prefix.Length);
            return;
        }
        long from = window.Position;
        while (!ahead.IsEmpty && !Stands(ahead, 0, 2, out _))
        {
            window.Skip(1);
            ahead = window.Peek(LookAhead(blockBytes));
        }
        frame.Kind = FrameKind.Lost;
        frame.What = ahead.IsEmpty ? $"it is cut, or damaged to the end, from byte {from} on" : $"no block begins at byte {from}; {window.Position - from} bytes are passed over";
    }

    public void Dispose() => window.Dispose();

    /// <summary>Whether so many blocks after the first one stand in a row here, or the end comes.</summary>
    private bool Stands(ReadOnlySpan<byte> ahead, int at, int more, out BlockPrefix prefix)
    {
        if (!BlockPrefix.TryRead(ahead[at..], bigEndian, blockBytes, out prefix)) return false;
        int next = at + DumpFormat.PrefixBytes + prefix.Length;
        if (next > ahead.Length || (prefix.Compressed && !LooksCompressed(ahead[(at + DumpFormat.PrefixBytes)..], prefix))) return false;
        return next == ahead.Length || more == 0 || Stands(ahead, next, more - 1, out _);
    }

    private static bool LooksCompressed(ReadOnlySpan<byte> bytes, BlockPrefix prefix) => bytes.Length >= 3 && prefix.Method switch
    {
        0 => (bytes[0] & 0x0F) == 8 && ((bytes[0] << 8) | bytes[1]) % 31 == 0,
        1 => bytes[..3].SequenceEqual("BZh"u8),
        _ => true,
    };

    private void Take(TapeFrame frame, FrameKind kind, int prefix, int bytes)
    {
        ReadOnlySpan<byte> block = window.Peek(prefix + bytes);
        int whole = Math.Min(block.Length - prefix, bytes);
        if (kind == FrameKind.Plain) whole = whole / DumpFormat.RecordBytes * DumpFormat.RecordBytes;
        if (whole <= 0)
        {
            frame.Kind = block.IsEmpty ? FrameKind.EndOfVolume : FrameKind.Lost;
            frame.What = $"it ends in the middle of a record (byte {window.Position + block.Length})";
            window.Skip(block.Length);
            return;
        }
        frame.Kind = kind;
        frame.What = $"byte {window.Position}";
        block.Slice(prefix, whole).CopyTo(frame.Reserve(whole));
        window.Skip(prefix + whole);
    }
}
