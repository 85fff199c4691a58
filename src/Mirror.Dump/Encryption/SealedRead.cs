namespace Mirror.Dump.Encryption;

/// <summary>What a <see cref="SealedVolumeReader"/> found next.</summary>
/// <param name="Kind">A block, something lost or odd, or the end.</param>
/// <param name="Number">Of the block; of the first lost block.</param>
/// <param name="Count">Lost blocks; 0 when nothing is lost (a block twice), -1 when nobody can say (the end is missing).</param>
/// <param name="Data">The opened and verified block; valid until the next read.</param>
/// <param name="Offset">Byte offset in the volume.</param>
/// <param name="What">What was found, for the administrator; empty for a block.</param>
public readonly record struct SealedRead(SealedReadKind Kind, long Number, long Count, ReadOnlyMemory<byte> Data, long Offset, string What);
