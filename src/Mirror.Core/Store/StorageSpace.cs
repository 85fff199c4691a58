namespace Mirror.Core.Store;

/// <summary>How much room a file system has.</summary>
/// <param name="FreeBytes">Bytes that the store may still write.</param>
/// <param name="SizeBytes">Bytes of the file system.</param>
public readonly record struct StorageSpace(long FreeBytes, long SizeBytes)
{
    /// <summary>Free of all, in percent.</summary>
    public double FreePercent => SizeBytes <= 0 ? 100 : 100.0 * FreeBytes / SizeBytes;
}
