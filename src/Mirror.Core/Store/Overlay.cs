using System.Buffers.Binary;
using Mirror.Core.Blocks;

namespace Mirror.Core.Store;

/// <summary>
/// Granules that stand before the image: a sparse file in which each stands at its own offset, and a map of those that it holds. One that is held and
/// is a hole in the file is zeroes; what the file has of others means nothing.
///
/// <para>The map's file: at byte 0 magic <c>DMOV</c> u32, version u32, granule bytes u32, zero u32, bytes of the volume u64, number u64; from byte 4096 on a bit a granule,
/// lowest first. Its pages need no checksum (docs/consistency.md, 10.3).</para>
/// <para>The sets are guarded by the store's lock, which the callers of members marked so hold. Who may write the data is said in <see cref="ImageStore"/>.</para>
/// </summary>
internal sealed class Overlay : IDisposable
{
    private const int PageBytes = 4096, PageGranules = PageBytes * 8, HeaderBytes = 4096;
    private const uint Magic = 0x564F4D44;  // "DMOV"
    private const uint Version = 1;

    private readonly IImageFile _map;
    private readonly HierarchicalBitmap _held;
    private readonly HierarchicalBitmap _changed;   // pages of the map

    private Overlay(ulong id, IImageFile data, IImageFile map, long volumeBytes, int granuleBytes)
    {
        Id = id;
        Data = data;
        _map = map;
        GranuleBytes = granuleBytes;
        VolumeBytes = volumeBytes;
        long granules = (volumeBytes + granuleBytes - 1) / granuleBytes;
        _held = new HierarchicalBitmap(granules);
        _changed = new HierarchicalBitmap((granules + PageGranules - 1) / PageGranules);
    }

    /// <summary>Its number.</summary>
    public ulong Id { get; }

    /// <summary>The data.</summary>
    public IImageFile Data { get; }

    /// <summary>Bytes of a granule.</summary>
    public int GranuleBytes { get; }

    /// <summary>Bytes of the volume.</summary>
    public long VolumeBytes { get; }

    /// <summary>Whether it belongs to a committed consistent mark. Guarded by the store's lock.</summary>
    public bool Sealed { get; set; }

    /// <summary>Whether the slot that is being written seals it. Guarded by the store's lock.</summary>
    public bool Seals { get; set; }

    /// <summary>Whether a slot counts it. Guarded by the store's lock.</summary>
    public bool Listed { get; set; }

    /// <summary>Whether the mover has written data into it since the last fdatasync. The mover's.</summary>
    public bool Written { get; set; }

    /// <summary>Everything before this byte has been taken out and its storage given back. The mover's.</summary>
    public long GivenBack { get; set; }

    /// <summary>Granules held. Under the store's lock.</summary>
    public long Count => _held.Count;

    /// <summary>Whether pages of the map have changed since they were copied. Under the store's lock.</summary>
    public bool IsChanged => !_changed.IsEmpty;

    /// <summary>Makes an empty one.</summary>
    public static Overlay Create(IImageFiles files, VolumeFiles places, ulong id, long volumeBytes)
    {
        int granule = Units.GranuleFor(volumeBytes);
        IImageFile data = files.Open(places.Overlay(id), ImageOpenMode.NewForced);
        try
        {
            IImageFile map = files.Open(places.OverlayMap(id), ImageOpenMode.NewForced);
            try
            {
                data.SetSize(0);    // a leftover of a crash under this name would be read as data
                data.SetSize(volumeBytes);
                map.SetSize(0);
                var overlay = new Overlay(id, data, map, volumeBytes, granule);
                map.SetSize(HeaderBytes + overlay._changed.Length * PageBytes);
                map.Write(0, overlay.Header());
                return overlay;
            }
            catch
            {
                map.Dispose();
                throw;
            }
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Opens one that a slot counts. A volume that has grown since is no harm.</summary>
    /// <exception cref="StoreUnusableException">It is missing or damaged.</exception>
    public static Overlay Open(IImageFiles files, VolumeFiles places, OverlayEntry entry, long volumeBytes)
    {
        IImageFile data = files.Open(places.Overlay(entry.Id), ImageOpenMode.Existing);
        try
        {
            IImageFile map = files.Open(places.OverlayMap(entry.Id), ImageOpenMode.Existing);
            try
            {
                Span<byte> header = stackalloc byte[32];
                map.Read(0, header);
                int granule = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
                long bytes = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
                if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != Version ||
                    BinaryPrimitives.ReadUInt64LittleEndian(header[24..]) != entry.Id || granule < 4096 || !System.Numerics.BitOperations.IsPow2(granule) || bytes <= 0 || bytes > Units.MaxDiskBytes ||
                    data.SizeBytes < bytes || map.SizeBytes < HeaderBytes || volumeBytes / granule > 1L << 31)
                    throw new StoreUnusableException($"{map.Path} is damaged: it is not the map of overlay {entry.Id}. What it held is a part of the last consistent state; put it back from a backup, or move the volume's directory away so that the volume begins anew. Snapshots are not concerned.");
                var overlay = new Overlay(entry.Id, data, map, volumeBytes, granule) { Sealed = entry.Sealed, Listed = true };
                overlay.Load(Math.Min(map.SizeBytes, HeaderBytes + overlay._changed.Length * PageBytes));
                if (bytes != volumeBytes)
                {
                    data.SetSize(volumeBytes);
                    map.SetSize(HeaderBytes + overlay._changed.Length * PageBytes);
                    map.Write(0, overlay.Header());
                }
                return overlay;
            }
            catch
            {
                map.Dispose();
                throw;
            }
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Adds granules. Under the store's lock.</summary>
    public void Add(long first, long count)
    {
        _held.Add(first, count);
        Change(first, count);
    }

    /// <summary>Takes granules out. Under the store's lock.</summary>
    public void Remove(long first, long count)
    {
        if (!_held.ContainsAny(first, count)) return;
        _held.Remove(first, count);
        Change(first, count);
    }

    /// <summary>Whether a granule is held. Under the store's lock.</summary>
    public bool Holds(long granule) => _held.Contains(granule);

    /// <summary>Whether any granule of a range of bytes is held. Under the store's lock.</summary>
    public bool Touches(long offset, long length) => length > 0 && _held.ContainsAny(offset / GranuleBytes, (offset + length - 1) / GranuleBytes - offset / GranuleBytes + 1);

    /// <summary>The next run of held granules, in bytes. Under the store's lock.</summary>
    public bool NextRun(long from, long mostBytes, out long start, out long end)
    {
        bool any = _held.NextRun(from / GranuleBytes, Math.Max(1, mostBytes / GranuleBytes), out long first, out long count);
        start = Math.Max(from, first * GranuleBytes);
        end = Math.Min(VolumeBytes, (first + count) * GranuleBytes);
        return any;
    }

    /// <summary>The pages of the map that have changed since this was called last. Under the store's lock.</summary>
    public List<OverlayPage> TakeChanges()
    {
        var pages = new List<OverlayPage>();
        for (long page = _changed.Next(0); page >= 0; page = _changed.Next(page + 1))
        {
            byte[] bytes = new byte[PageBytes];
            long word = page * (PageBytes / 8);
            for (int i = 0; i < PageBytes / 8 && word + i < _held.Words; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), _held.Word(word + i));
            pages.Add(new OverlayPage(page, bytes));
        }
        _changed.Clear();
        return pages;
    }

    /// <summary>Puts pages of the map on stable storage. One thread at a time.</summary>
    public void Store(List<OverlayPage> pages)
    {
        foreach (OverlayPage page in pages) _map.Write(HeaderBytes + page.Number * PageBytes, page.Bytes);
        _map.Flush();
    }

    /// <summary>Throws away what memory claims of both files.</summary>
    public void DropCache()
    {
        Data.DropCache();
        _map.DropCache();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Data.Dispose();
        _map.Dispose();
    }

    private void Change(long first, long count) => _changed.Add(first / PageGranules, (first + count - 1) / PageGranules - first / PageGranules + 1);

    private byte[] Header()
    {
        byte[] header = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), GranuleBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), VolumeBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), Id);
        return header;
    }

    private void Load(long end)
    {
        byte[] bytes = new byte[PageBytes];
        for (long at = HeaderBytes; _map.NextData(at, out long start, out _) && start < end;)
        {
            long page = (Math.Max(start, HeaderBytes) - HeaderBytes) / PageBytes;
            at = HeaderBytes + page * PageBytes;
            if (at + PageBytes > end) break;
            _map.Read(at, bytes);
            long word = page * (PageBytes / 8);
            for (int i = 0; i < PageBytes / 8 && word + i < _held.Words; i++) _held.OrWord(word + i, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8)));
            at += PageBytes;
        }
    }
}
