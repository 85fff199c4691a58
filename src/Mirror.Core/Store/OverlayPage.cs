namespace Mirror.Core.Store;

/// <summary>A page of an overlay's map as it was at one moment.</summary>
/// <param name="Number">The page.</param>
/// <param name="Bytes">Its content.</param>
internal readonly record struct OverlayPage(long Number, byte[] Bytes);
