namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Where a stretch of a file's blocks lies.</summary>
/// <param name="Block">The first block of storage, within the file system; 0 for a hole (block 0 never belongs to a file).</param>
/// <param name="Count">Blocks from there on, at least 1, all in one row or all in the hole; there may be more of the same behind them.</param>
internal readonly record struct ExtMapping(long Block, long Count);
