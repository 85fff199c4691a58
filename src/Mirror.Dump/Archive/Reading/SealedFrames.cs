using Mirror.Dump.Archive.Format;
using Mirror.Dump.Encryption;

namespace Mirror.Dump.Archive.Reading;

/// <summary>An encrypted volume: each of its blocks is a tape block, verified.</summary>
internal sealed class SealedFrames(SealedVolumeReader reader, Stream stream, string name, bool compressed, bool bigEndian, int blockBytes, SealedRead? read) : ITapeFrames
{
    private SealedRead? _read = stream.CanSeek ? null : read;
    private long _lost;

    /// <summary>Whether the archive ended in this volume, as its writer sealed it.</summary>
    public bool Ended { get; private set; }

    public int FrameBytes => blockBytes;

    public void Next(TapeFrame frame)
    {
        if (_lost > 0)
        {
            _lost--;
            (frame.Kind, frame.What) = (FrameKind.Lost, "");
            return;
        }
        SealedRead read = _read ?? reader.Read();
        _read = null;
        frame.What = read.What;
        switch (read.Kind)
        {
            case SealedReadKind.Block:
                TakeBlock(frame, read);
                break;
            case SealedReadKind.Damage:
                frame.Kind = FrameKind.Lost;
                // Many lost blocks are many damaged records only as far as anybody could still count them.
                _lost = Math.Clamp(read.Count - 1, 0, 16);
                if (read.Count == 0) frame.Kind = FrameKind.Note;
                break;
            default:
                frame.Kind = FrameKind.EndOfVolume;
                frame.What = "";
                Ended = read.Kind == SealedReadKind.End;
                break;
        }
    }

    /// <summary>The records of a block whose archive is not known yet.</summary>
    public static ReadOnlySpan<byte> Opened(bool first, byte[] block, int largest)
    {
        // Only the first block of a volume has no prefix for sure; where it is lost, the prefix tells by itself.
        if (first || block.Length % DumpFormat.RecordBytes == 0) return block;
        int blockBytes = (largest - DumpFormat.PrefixBytes) / DumpFormat.RecordBytes * DumpFormat.RecordBytes;
        if (!BlockPrefix.TryRead(block, bigEndian: false, blockBytes, out BlockPrefix prefix)) return block;
        TapeFrame frame = new() { Kind = prefix.Kind("the archive"), Bytes = block[DumpFormat.PrefixBytes..], Length = block.Length - DumpFormat.PrefixBytes };
        if (!frame.IsPacked) return frame.Bytes;
        new BlockInflater().Inflate(frame, blockBytes);
        return frame.Records.AsSpan(0, frame.RecordsLength);
    }

    public void Dispose()
    {
        reader.Dispose();
        stream.Dispose();
    }

    private void TakeBlock(TapeFrame frame, SealedRead read)
    {
        ReadOnlySpan<byte> block = read.Data.Span;
        frame.Kind = FrameKind.Plain;
        if (compressed && read.Number > reader.Header.FirstBlock)
        {
            if (!BlockPrefix.TryRead(block, bigEndian, blockBytes, out BlockPrefix prefix) || prefix.Length + DumpFormat.PrefixBytes != block.Length)
            {
                (frame.Kind, frame.What) = (FrameKind.Lost, $"block {read.Number} is no tape block");
                return;
            }
            frame.Kind = prefix.Kind(name);
            block = block[DumpFormat.PrefixBytes..];
        }
        frame.What = $"block {read.Number}";
        block.CopyTo(frame.Reserve(block.Length));
    }
}
