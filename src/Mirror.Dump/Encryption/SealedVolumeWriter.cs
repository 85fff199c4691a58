namespace Mirror.Dump.Encryption;

/// <summary>
/// Writes the blocks of one volume, in order, on the caller's thread. Many blocks are sealed before they come here, side by side and straight from where they were made
/// (<see cref="ArchiveSeal.SealBlock"/>). Not safe for several callers at once.
/// </summary>
public sealed class SealedVolumeWriter
{
    private readonly Stream _output;
    private readonly ArchiveSeal _seal;
    private readonly int _blockBytes;
    private byte[] _block = [];

    internal SealedVolumeWriter(Stream output, ArchiveSeal seal, SealedHeader header)
    {
        (_output, _seal, _blockBytes) = (output, seal, header.BlockBytes);
        NextBlock = header.FirstBlock;
        Length = seal.HeaderBytes;
    }

    /// <summary>Number of the block that is added next.</summary>
    public long NextBlock { get; private set; }

    /// <summary>Bytes of the volume so far.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the end block was written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether it was the archive's last volume.</summary>
    internal bool IsLast { get; private set; }

    /// <summary>Seals and writes the next block.</summary>
    /// <param name="block">At most as many bytes as the archive's blocks may have.</param>
    /// <returns>Where in the volume the block begins: what an index keeps beside the block's number.</returns>
    /// <exception cref="IOException">The output failed.</exception>
    public long Add(ReadOnlySpan<byte> block) => Add(block, 0);

    /// <summary>Writes blocks that are sealed.</summary>
    /// <param name="blocks">Some in a row, the first one with the number that is next.</param>
    /// <param name="count">How many.</param>
    /// <returns>Where in the volume the first one begins.</returns>
    /// <exception cref="IOException">The output failed.</exception>
    internal long AddSealed(ReadOnlySpan<byte> blocks, int count)
    {
        if (IsComplete) throw new InvalidOperationException("The volume is complete.");
        // A number is a nonce: two blocks must never have the same one.
        long number = BlockHead.NumberOf(blocks);
        if (number != NextBlock) throw new InvalidOperationException($"Block {number} was sealed where block {NextBlock} is next.");
        try
        {
            _output.Write(blocks);
        }
        catch (Exception e)
        {
            throw new IOException($"The encrypted archive could not be written: {e.Message}", e);
        }
        long at = Length;
        Length += blocks.Length;
        NextBlock += count;
        return at;
    }

    /// <summary>Writes the end block. The output is neither flushed nor closed. A volume that is not complete stays cut, which a reader will notice.</summary>
    /// <param name="lastVolume">Whether the archive ends here; else another volume must follow.</param>
    /// <exception cref="IOException">The output failed.</exception>
    public void Complete(bool lastVolume)
    {
        Add([], SealFormat.LastOfVolume | (lastVolume ? SealFormat.LastOfArchive : 0));
        IsLast = lastVolume;
        IsComplete = true;
    }

    private long Add(ReadOnlySpan<byte> block, uint flags)
    {
        if (IsComplete) throw new InvalidOperationException("The volume is complete.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block.Length, _blockBytes, nameof(block));
        int bytes = ArchiveSeal.SealedBytes(block.Length);
        if (_block.Length < bytes) _block = new byte[bytes];
        _seal.SealBlock(new BlockHead(NextBlock, block.Length, flags), block, _block);
        return AddSealed(_block.AsSpan(0, bytes), 1);
    }
}
