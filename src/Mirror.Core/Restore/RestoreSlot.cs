using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Restore;

/// <summary>Memory for one chunk on its way; belongs to one chunk at a time. What is fetched takes the place of what was read.</summary>
internal sealed class RestoreSlot
{
    /// <summary>The chunk's bytes.</summary>
    public Memory<byte> Data { get; } = AlignedMemory.Allocate(Units.ChunkBytes);

    /// <summary>Tags of the chunk's units as they are on the target.</summary>
    public byte[] Tags { get; } = new byte[Units.ChunkBytes / Units.FineBytes * WireLimits.TagBytes];
}
