using Mirror.Core.Store;

namespace Mirror.Core.Fakes;

/// <summary>A handle of an image in memory. Every operation passes <see cref="FakeImageFiles.Hook"/> first, which may wait or throw.</summary>
internal sealed class FakeImageFile(FakeImageFiles files, string path, FakeImageContent content) : IImageFile
{
    public string Path => path;

    public long SizeBytes => content.SizeBytes;

    public bool IsDevice => false;

    public long AllocatedBytes => content.AllocatedPages * FakeImageContent.PageBytes;

    public long ChangeStamp => content.Changes;

    public void SetSize(long bytes)
    {
        if (bytes < content.SizeBytes) content.Zero(bytes, content.SizeBytes - bytes);
        content.SizeBytes = bytes;
    }

    public void Allocate(long bytes)
    {
        files.Pass(FakeImageOperation.Allocate, path);
        if (bytes - content.ReservedBytes > files.FreeBytes(path)) throw new StoreFullException($"{path}: no space left.");
        content.ReservedBytes = Math.Max(content.ReservedBytes, bytes);
    }

    public void Read(long offset, Span<byte> destination)
    {
        files.Pass(FakeImageOperation.Read, path);
        content.Read(offset, destination);
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        files.Pass(FakeImageOperation.Write, path);
        if (offset < 0 || offset + source.Length > content.SizeBytes) throw new ArgumentOutOfRangeException(nameof(offset));
        if (source.Length > files.FreeBytes(path) && AllocatesMore(offset, source.Length))
        {
            content.Write(offset, source[..Math.Min(source.Length, 512)]);
            throw new StoreFullException($"{path}: no space left.");
        }
        content.Write(offset, source);
    }

    public void Zero(long offset, long length)
    {
        files.Pass(FakeImageOperation.Zero, path);
        if (offset < 0 || offset + length > content.SizeBytes) throw new ArgumentOutOfRangeException(nameof(offset));
        content.Zero(offset, length);
    }

    public bool NextData(long from, out long start, out long end) => content.NextData(from, out start, out end);

    public void Flush()
    {
        try
        {
            files.Pass(FakeImageOperation.Flush, path);
        }
        catch
        {
            content.Flush(fails: true);
            throw;
        }
        if (!files.FlushLies || path.EndsWith("marks", StringComparison.Ordinal)) content.Flush(fails: false);
    }

    public void DropCache()
    {
        files.Pass(FakeImageOperation.DropCache, path);
        content.DropCache();
    }

    public void Dispose() => content.IsOpen = false;

    private bool AllocatesMore(long offset, long length) => offset + length > content.ReservedBytes && (!content.NextData(offset, out long start, out long end) || start > offset || end < offset + length);
}
