using System.Buffers;

namespace Mirror.Core.Store;

/// <summary>
/// Puts ranges of any length into an overlay, which holds whole granules only: of a granule that is covered in part and not held yet, the rest is
/// fetched from below. A granule is added to the map after its data is written, so that whoever copies the map and then flushes the data has both.
/// </summary>
/// <param name="overlay">The overlay. Nobody else writes into it meanwhile.</param>
/// <param name="mapLock">The store's lock, which guards its map.</param>
/// <param name="below">Reads what the volume holds there without this overlay.</param>
internal readonly ref struct OverlayWriter(Overlay overlay, object mapLock, OverlayWriter.Fetch below)
{
    /// <summary>Reads the bytes from an offset on.</summary>
    internal delegate void Fetch(long offset, Span<byte> destination);

    /// <summary>The bytes from <paramref name="offset"/> on are now these.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        long end = offset + data.Length;
        (long first, long last) = Whole(offset, end);
        if (offset < first)
        {
            int part = (int)(Math.Min(end, first) - offset);
            Part(offset, part, data[..part]);
        }
        if (first < last)
        {
            SparseWriter.Write(overlay.Data, first, data.Slice((int)(first - offset), (int)(last - first)));
            Hold(first, last);
        }
        if (last >= first && end > last) Part(last, (int)(end - last), data[(int)(last - offset)..]);
    }

    /// <summary>The range is now zero.</summary>
    public void Zero(long offset, long length)
    {
        long end = offset + length;
        (long first, long last) = Whole(offset, end);
        if (offset < first) Part(offset, (int)(Math.Min(end, first) - offset), default);
        if (first < last)
        {
            overlay.Data.Zero(first, last - first);
            Hold(first, last);
        }
        if (last >= first && end > last) Part(last, (int)(end - last), default);
    }

    /// <summary>The granules that are covered whole, in bytes; the volume's last may be a short one.</summary>
    private (long First, long Last) Whole(long offset, long end)
    {
        int granule = overlay.GranuleBytes;
        return ((offset + granule - 1) / granule * granule, end == overlay.VolumeBytes ? end : end / granule * granule);
    }

    private void Hold(long start, long end)
    {
        int granule = overlay.GranuleBytes;
        lock (mapLock) overlay.Add(start / granule, (end - start + granule - 1) / granule);
    }

    private void Part(long start, int length, ReadOnlySpan<byte> data)
    {
        int granule = overlay.GranuleBytes;
        long number = start / granule, at = number * granule;
        bool held;
        lock (mapLock) held = overlay.Holds(number);
        if (held)
        {
            if (data.IsEmpty) overlay.Data.Zero(start, length);
            else overlay.Data.Write(start, data);
            return;
        }
        int whole = (int)Math.Min(granule, overlay.VolumeBytes - at);
        byte[] rented = ArrayPool<byte>.Shared.Rent(whole);
        Span<byte> bytes = rented.AsSpan(0, whole);
        below(at, bytes);
        Span<byte> part = bytes.Slice((int)(start - at), length);
        if (data.IsEmpty) part.Clear();
        else data.CopyTo(part);
        SparseWriter.Write(overlay.Data, at, bytes);
        ArrayPool<byte>.Shared.Return(rented);
        Hold(at, at + whole);
    }
}
