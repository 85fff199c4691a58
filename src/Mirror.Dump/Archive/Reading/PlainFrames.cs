using Mirror.Dump.Archive.Format;

namespace Mirror.Dump.Archive.Reading;

/// <summary>A volume that is not compressed: records, some at once.</summary>
internal sealed class PlainFrames(ByteWindow window) : ITapeFrames
{
    public int FrameBytes => 256 << 10;

    public void Next(TapeFrame frame)
    {
        ReadOnlySpan<byte> bytes = window.Peek(FrameBytes);
        if (bytes.IsEmpty)
        {
            frame.Kind = FrameKind.EndOfVolume;
            return;
        }
        frame.Kind = FrameKind.Plain;
        // The last record of a volume that was cut is no record.
        int whole = bytes.Length / DumpFormat.RecordBytes * DumpFormat.RecordBytes;
        if (whole == 0)
        {
            frame.Kind = FrameKind.Lost;
            frame.What = $"it ends in the middle of a record (byte {window.Position + bytes.Length})";
            window.Skip(bytes.Length);
            return;
        }
        bytes[..whole].CopyTo(frame.Reserve(whole));
        window.Skip(whole);
    }

    public void Dispose() => window.Dispose();
}
