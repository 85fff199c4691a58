namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>An inode as it stands on the disk: what the reader needs beside <see cref="Inode"/>.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Map">Its 15 pointers; or a device's number, or a short symbolic link's target.</param>
/// <param name="AttributeBytes">Bytes of extended attributes; 0 in UFS1.</param>
/// <param name="AttributeBlocks">Where they lie.</param>
/// <param name="Blocks">Units of 512 bytes in use.</param>
internal sealed record UfsInodeRecord(uint Number, ReadOnlyMemory<byte> Map, int AttributeBytes, long[] AttributeBlocks, ulong Blocks);
