namespace Mirror.Dump.FileSystems;

/// <summary>A stretch of a file that has storage. What lies between two runs, and after the last one, is a hole and reads as zeroes.</summary>
/// <param name="Offset">Its first byte in the file; a multiple of the fragment (UFS) or block size.</param>
/// <param name="Length">Bytes; the last run of a file may be cut to the file's size.</param>
/// <param name="SourceOffset">Where it begins in the source; -1 when the bytes lie elsewhere (inline data): read them by <see cref="IFileSystem.Read"/>.</param>
public readonly record struct DataRun(long Offset, long Length, long SourceOffset);
