namespace Mirror.Core.Store;

/// <summary>
/// The tags of a store: those of the image (<see cref="TagFile"/>) where nothing stands above it. Before the first consistent mark there are none, as arrivals go straight into the image.
/// </summary>
internal sealed class StoreTags(StoreContents contents) : IChunkTags
{
    private const int Step = 4096;          // chunks that are looked at under the lock at once

    private readonly Lock _round = new();
    private long _next;                     // the chunk at which the next refresh looks; guarded by _round
    private long _dataStart, _dataEnd;      // data when last asked; guarded by _round

    /// <inheritdoc/>
    public bool TryGet(long chunk, Span<byte> tag) => IsPlain(chunk) && contents.Tags.TryGet(chunk, tag);

    /// <inheritdoc/>
    public TagTicket? Begin(long chunk) => IsPlain(chunk) ? contents.Tags.Begin(chunk) : null;

    /// <inheritdoc/>
    public void End(TagTicket? ticket, ReadOnlySpan<byte> tag)
    {
        // What arrived meanwhile (the scan was broken off, so it did not wait) may be in what was read, and stands above the image, or has spoiled the ticket.
        if (ticket is not null) contents.Tags.End(ticket, IsPlain(ticket.Chunk) ? tag : []);
    }

    /// <inheritdoc/>
    public bool Refresh(ChunkHash hash, Span<byte> buffer)
    {
        lock (_round)
        {
            contents.ThrowIfFailed();
            long chunk = Next();
            if (chunk < 0)
            {
                _next = _dataStart = _dataEnd = 0;
                contents.Tags.EndRound();
                return false;
            }
            _next = chunk + 1;
            TagTicket? ticket = Begin(chunk);
            if (ticket is null) return true;
            Span<byte> tag = stackalloc byte[Wire.WireLimits.TagBytes];
            bool hashed = false;
            try
            {
                long start = chunk * contents.Tags.ChunkBytes;
                Span<byte> data = buffer[..(int)Math.Min(contents.Tags.ChunkBytes, contents.SizeBytes - start)];
                // The image alone: what arrives above it meanwhile does not change its tag.
                contents.Image.Read(start, data);
                hash(data, chunk, tag);
                hashed = true;
            }
            finally
            {
                End(ticket, hashed ? tag : []);
            }
            return true;
        }
    }

    /// <summary>The next chunk with data and without a tag; -1 at the end.</summary>
    private long Next()
    {
        int chunkBytes = contents.Tags.ChunkBytes;
        while (_next < contents.Tags.Chunks)
        {
            long at = _next * chunkBytes;
            if (at + chunkBytes <= _dataStart || at >= _dataEnd)
            {
                if (!contents.Image.NextData(at, out _dataStart, out _dataEnd)) return -1;
            }
            long first = Math.Max(_next, _dataStart / chunkBytes), end = Math.Min(contents.Tags.Chunks, (_dataEnd + chunkBytes - 1) / chunkBytes);
            end = Math.Min(end, first + Step);
            long chunk = contents.Tags.NextMissing(first, end);
            if (chunk >= 0) return chunk;
            _next = Math.Max(end, _next + 1);
        }
        return -1;
    }

    /// <summary>Whether the image alone is the volume there, and is not written but by the mover.</summary>
    private bool IsPlain(long chunk)
    {
        long offset = chunk * contents.Tags.ChunkBytes;
        int length = (int)Math.Min(contents.Tags.ChunkBytes, contents.SizeBytes - offset);
        lock (contents.Lock)
        {
            return contents.Committed.Kept && contents.Failure is null && !contents.Closed && !contents.Overlays.Exists(o => offset < o.VolumeBytes && o.Touches(offset, Math.Min(length, o.VolumeBytes - offset))) &&
                !contents.Records.Any(r => r.Touches(offset, length));
        }
    }
}
