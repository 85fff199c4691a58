namespace Mirror.Core.Store;

/// <summary>A view of the last consistent mark: the image with the sealed overlays of that moment, which the <see cref="Mover"/> leaves alone while this is open.</summary>
/// <param name="contents">The store.</param>
/// <param name="overlays">The overlays, the oldest first.</param>
/// <param name="mark">The mark.</param>
/// <param name="sizeBytes">Bytes of the volume at the mark.</param>
internal sealed class StoreView(StoreContents contents, Overlay[] overlays, ImageMark mark, long sizeBytes) : IConsistentView
{
    /// <inheritdoc/>
    public long SizeBytes => sizeBytes;

    /// <inheritdoc/>
    public ImageMark Mark => mark;

    /// <inheritdoc/>
    public string? ImagePath => overlays.Length == 0 ? contents.Image.Path : null;

    /// <summary>What it shows above the image.</summary>
    public IReadOnlyList<Overlay> Overlays => overlays;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, sizeBytes - destination.Length);
        ThrowIfGone();
        try
        {
            contents.ReadUnder(overlays, offset, destination);
        }
        catch (ObjectDisposedException e)
        {
            throw Gone(e);
        }
        ThrowIfGone();
    }

    /// <inheritdoc/>
    public bool NextData(long from, out long start, out long end)
    {
        ThrowIfGone();
        try
        {
            return contents.NextDataUnder(overlays, from, sizeBytes, out start, out end);
        }
        catch (ObjectDisposedException e)
        {
            throw Gone(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (contents.Lock)
        {
            contents.Views.Remove(this);
            Monitor.PulseAll(contents.Lock);
        }
    }

    private void ThrowIfGone()
    {
        if (contents.Closed) throw Gone(null);
        contents.ThrowIfFailed();
    }

    private IOException Gone(Exception? e) => new($"{contents.Image.Path} was closed meanwhile. Open it again.", e);
}
