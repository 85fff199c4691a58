namespace Mirror.Core.Store;

/// <summary>
/// The tags (docs/protocol.md section 5) of a volume's chunks that need not be read to be known: the store keeps them beside the image, and they are always those of
/// the volume as it is after all writes so far. What a tag costs is 16 bytes a MiB of the image, on storage; in memory a few bits (docs/consistency.md section 13).
/// Any thread may call, for ranges that are not being written at that moment.
/// </summary>
public interface IChunkTags
{
    /// <summary>The tag of a chunk, if it is known.</summary>
    /// <param name="chunk">The chunk's first byte divided by its size.</param>
    /// <param name="tag">Sixteen bytes.</param>
    bool TryGet(long chunk, Span<byte> tag);

    /// <summary>Somebody is going to read and hash the whole chunk.</summary>
    /// <returns>What <see cref="End"/> takes; null when its tag could not be kept anyway.</returns>
    TagTicket? Begin(long chunk);

    /// <summary>The chunk was hashed. Its tag is kept unless the image was changed there meanwhile.</summary>
    /// <param name="ticket">From <see cref="Begin"/>; null does nothing.</param>
    /// <param name="tag">Sixteen bytes; none when it could not be hashed.</param>
    void End(TagTicket? ticket, ReadOnlySpan<byte> tag);

    /// <summary>Looks for work while nothing else is to be done: reads and hashes the next chunk that has no tag and has not been written for a while.</summary>
    /// <param name="hash">Hashes a chunk: its bytes, its number, where the tag goes.</param>
    /// <param name="buffer">Room for a chunk.</param>
    /// <returns>False at the end of the image: the next call begins anew.</returns>
    bool Refresh(ChunkHash hash, Span<byte> buffer);
}

/// <summary>Makes the tag of a chunk.</summary>
public delegate void ChunkHash(ReadOnlySpan<byte> data, long chunk, Span<byte> tag);
