namespace Mirror.Core.Store;

/// <summary>A snapshot that is open.</summary>
internal sealed class SnapshotView(IImageFile file, SnapshotRecord record) : IConsistentView
{
    /// <inheritdoc/>
    public long SizeBytes => record.SizeBytes;

    /// <inheritdoc/>
    public ImageMark Mark { get; } = new(record.Mark, record.Random, true, 0, record.Time, record.Incarnation);

    /// <summary>What is known of it.</summary>
    public SnapshotRecord Record => record;

    /// <inheritdoc/>
    public string? ImagePath => file.Path;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination) => file.Read(offset, destination);

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end)
    {
        if (!file.NextData(from, out start, out end) || start >= SizeBytes) return false;
        end = Math.Min(end, SizeBytes);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
