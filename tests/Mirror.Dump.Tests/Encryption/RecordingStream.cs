namespace Mirror.Dump.Tests.Encryption;

/// <summary>A file in memory that remembers what was written to it, in order.</summary>
internal sealed class RecordingStream : MemoryStream
{
    public RecordingStream(byte[] bytes)
    {
        base.Write(bytes, 0, bytes.Length);
        Position = 0;
    }

    public List<(long At, byte[] Bytes)> Writes { get; } = [];

    public override void Write(byte[] buffer, int offset, int count)
    {
        Writes.Add((Position, buffer[offset..(offset + count)]));
        base.Write(buffer, offset, count);
    }

    public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
}
