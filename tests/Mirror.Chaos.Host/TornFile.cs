using Mirror.Core.Store;

namespace Mirror.Chaos.Host;

/// <summary>
/// A file whose writes can be lost until they are flushed, and which fails while there is a file <c>eio</c> in the directory of the test. While
/// there is one <c>no-flush</c>, a flush keeps nothing: the protection that a control run switches off.
/// </summary>
internal sealed class TornFile(IImageFile inner, string directory, UndoLog undo) : IImageFile
{
    private const int Piece = 1 << 20;

    private readonly string _failing = System.IO.Path.Combine(directory, "eio");
    private readonly bool _forgets = File.Exists(System.IO.Path.Combine(directory, "no-flush"));

    public string Path => inner.Path;

    public long SizeBytes => inner.SizeBytes;

    public bool IsDevice => inner.IsDevice;

    public long AllocatedBytes => inner.AllocatedBytes;

    public long ChangeStamp => inner.ChangeStamp;

    public void SetSize(long bytes) => inner.SetSize(bytes);

    public void Allocate(long bytes) => inner.Allocate(bytes);

    public void Read(long offset, Span<byte> destination) => inner.Read(offset, destination);

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        Fail();
        Note(offset, source.Length);
        inner.Write(offset, source);
    }

    public void Zero(long offset, long length)
    {
        Fail();
        for (long at = offset; at < offset + length && inner.NextData(at, out long start, out long end) && start < offset + length;)
        {
            start = Math.Max(start, at);
            end = Math.Min(end, offset + length);
            for (long piece = start; piece < end; piece += Piece) Note(piece, (int)Math.Min(Piece, end - piece));
            at = end;
        }
        inner.Zero(offset, length);
    }

    public bool NextData(long from, out long start, out long end) => inner.NextData(from, out start, out end);

    public void Flush()
    {
        string[] covered = _forgets ? [] : undo.Turn();
        Fail();
        inner.Flush();
        UndoLog.Forget(covered);
    }

    public void DropCache() => inner.DropCache();

    public void Dispose()
    {
        inner.Dispose();
        undo.Dispose();
    }

    private void Fail()
    {
        if (Random.Shared.Next(4) == 0 && File.Exists(_failing)) throw new IOException($"{Path}: input/output error (of the test).");
    }

    private void Note(long offset, int length)
    {
        byte[] before = new byte[length];
        inner.Read(offset, before);
        undo.Note(offset, before);
    }
}
