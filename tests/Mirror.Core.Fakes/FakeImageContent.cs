namespace Mirror.Core.Fakes;

/// <summary>
/// What lies behind the handles of one fake image: pages on the platter, and pages in the cache that may be newer. As on Linux a failed flush leaves
/// pages that read as new, count as clean, and are gone once the cache is dropped.
/// </summary>
public sealed class FakeImageContent
{
    internal const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _platter = [];
    private readonly Dictionary<long, byte[]?> _cache = [];     // null: punched
    private readonly HashSet<long> _dirty = [];

    /// <summary>Bytes.</summary>
    public long SizeBytes { get; internal set; }

    /// <summary>Bytes that have their storage, written or not.</summary>
    internal long ReservedBytes { get; set; }

    /// <summary>Whether a handle is open.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>How often it was written, from 1 on.</summary>
    internal long Changes { get; private set; } = 1;

    /// <summary>Pages that hold something.</summary>
    public long AllocatedPages
    {
        get
        {
            lock (_platter)
            {
                long reserved = ReservedBytes / PageBytes, pages = reserved + _platter.Keys.Count(p => p >= reserved);
                foreach ((long page, byte[]? bytes) in _cache) pages += page < reserved ? 0 : (bytes is null ? 0 : 1) - (_platter.ContainsKey(page) ? 1 : 0);
                return pages;
            }
        }
    }

    /// <summary>The whole image as a reader sees it.</summary>
    public byte[] ToArray()
    {
        byte[] all = new byte[SizeBytes];
        Read(0, all);
        return all;
    }

    internal void Read(long offset, Span<byte> destination)
    {
        lock (_platter)
        {
            while (!destination.IsEmpty)
            {
                int at = (int)(offset % PageBytes), length = Math.Min(PageBytes - at, destination.Length);
                byte[]? page = Page(offset / PageBytes);
                if (page is null) destination[..length].Clear();
                else page.AsSpan(at, length).CopyTo(destination);
                destination = destination[length..];
                offset += length;
            }
        }
    }

    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        lock (_platter)
        {
            Changes++;
            while (!source.IsEmpty)
            {
                int at = (int)(offset % PageBytes), length = Math.Min(PageBytes - at, source.Length);
                source[..length].CopyTo(Dirty(offset / PageBytes).AsSpan(at));
                source = source[length..];
                offset += length;
            }
        }
    }

    internal void Zero(long offset, long length)
    {
        lock (_platter)
        {
            Changes++;
            for (long end = offset + length; offset < end;)
            {
                int at = (int)(offset % PageBytes);
                long part = Math.Min(PageBytes - at, end - offset), page = offset / PageBytes;
                if (part == PageBytes)
                {
                    _cache[page] = null;
                    _dirty.Add(page);
                }
                else if (Page(page) is not null)
                {
                    Dirty(page).AsSpan(at, (int)part).Clear();
                }
                offset += part;
            }
        }
    }

    internal bool NextData(long from, out long start, out long end)
    {
        lock (_platter)
        {
            long pages = (SizeBytes + PageBytes - 1) / PageBytes, page = from / PageBytes;
            while (page < pages && Page(page) is null) page++;
            start = Math.Max(from, page * PageBytes);
            while (page < pages && Page(page) is not null) page++;
            end = Math.Min(SizeBytes, page * PageBytes);
            return start < SizeBytes;
        }
    }

    internal void Flush(bool fails)
    {
        lock (_platter)
        {
            if (!fails)
            {
                foreach (long page in _dirty)
                {
                    if (_cache[page] is { } bytes) _platter[page] = bytes;
                    else _platter.Remove(page);
                    _cache.Remove(page);
                }
            }
            _dirty.Clear();
        }
    }

    internal void DropCache()
    {
        lock (_platter)
        {
            foreach (long page in _cache.Keys.Where(p => !_dirty.Contains(p)).ToArray()) _cache.Remove(page);
        }
    }

    /// <summary>A copy, on the platter.</summary>
    internal FakeImageContent Clone()
    {
        lock (_platter)
        {
            var clone = new FakeImageContent { SizeBytes = SizeBytes };
            foreach (long page in _platter.Keys.Union(_cache.Keys))
            {
                if (Page(page) is { } bytes) clone._platter[page] = (byte[])bytes.Clone();
            }
            return clone;
        }
    }

    /// <summary>What a power cut leaves: what was flushed, and of the rest some sectors here and there.</summary>
    internal FakeImageContent AfterPowerCut(Random random)
    {
        lock (_platter)
        {
            var left = new FakeImageContent { SizeBytes = SizeBytes, ReservedBytes = ReservedBytes, Changes = Changes };
            foreach ((long page, byte[] bytes) in _platter) left._platter[page] = (byte[])bytes.Clone();
            foreach (long page in _dirty)
            {
                byte[] mixed = left._platter.GetValueOrDefault(page) ?? new byte[PageBytes];
                for (int sector = 0; sector < PageBytes; sector += 512)
                {
                    if (random.Next(2) == 0) continue;
                    if (_cache[page] is { } fresh) fresh.AsSpan(sector, 512).CopyTo(mixed.AsSpan(sector));
                    else mixed.AsSpan(sector, 512).Clear();
                }
                left._platter[page] = mixed;
            }
            return left;
        }
    }

    private byte[]? Page(long page) => _cache.TryGetValue(page, out byte[]? cached) ? cached : _platter.GetValueOrDefault(page);

    private byte[] Dirty(long page)
    {
        byte[] fresh = Page(page) is { } bytes ? (byte[])bytes.Clone() : new byte[PageBytes];
        _cache[page] = fresh;
        _dirty.Add(page);
        return fresh;
    }
}
