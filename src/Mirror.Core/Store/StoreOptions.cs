namespace Mirror.Core.Store;

/// <summary>What a store may be told.</summary>
/// <param name="JournalBytes">The journal's length when it is made; 0 for what suits the volume (<see cref="Journal.BytesFor"/>).</param>
/// <param name="MostRecords">Records of the journal that may wait to be carried: 32 bytes of memory each.</param>
internal sealed record StoreOptions(long JournalBytes = 0, int MostRecords = 1 << 18)
{
    /// <summary>The volume's hash key, by which its file of tags is checked; null in tests that hash nothing.</summary>
    public byte[]? HashKey { get; init; }

    /// <summary>Bytes that one tag covers; tests take less.</summary>
    public int ChunkBytes { get; init; } = Blocks.Units.ChunkBytes;
}
