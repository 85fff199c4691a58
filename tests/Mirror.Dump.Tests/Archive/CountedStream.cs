namespace Mirror.Dump.Tests.Archive;

/// <summary>Bytes to read, which tells how far they were read.</summary>
/// <param name="bytes">What there is.</param>
/// <param name="atOnce">Most bytes that one call gives.</param>
internal sealed class CountedStream(ReadOnlyMemory<byte> bytes, int atOnce) : Stream
{
    /// <summary>Bytes given.</summary>
    public int Given { get; private set; }

    /// <summary>Whether more was asked for than there is.</summary>
    public bool AskedBeyond { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        ReadOnlyMemory<byte> given = bytes.Slice(Given, Math.Min(Math.Min(buffer.Length, atOnce), bytes.Length - Given));
        AskedBeyond |= given.IsEmpty;
        given.Span.CopyTo(buffer);
        Given += given.Length;
        return given.Length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
