namespace Mirror.Dump.FileSystems;

/// <summary>Where a partition lies.</summary>
/// <param name="Number">As the kernel counts: 1 to 4 are primary in an MBR, from 5 on logical; in a GPT the place in the table.</param>
/// <param name="OffsetBytes">Its first byte.</param>
/// <param name="SizeBytes">Bytes.</param>
/// <param name="Name">Its name in a GPT; empty when it has none.</param>
public readonly record struct Partition(int Number, long OffsetBytes, long SizeBytes, string Name);
