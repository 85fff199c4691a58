namespace Mirror.Core.Store;

/// <summary>A chunk that is being hashed; the store notes here when the image changes under it.</summary>
public sealed class TagTicket
{
    internal TagTicket(long chunk) => Chunk = chunk;

    /// <summary>The chunk.</summary>
    internal long Chunk { get; }

    /// <summary>The image was written there since. Guarded by the lock of <see cref="TagFile"/>.</summary>
    internal bool Spoiled { get; set; }
}
