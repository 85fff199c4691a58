using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>What one restore reads.</summary>
/// <param name="Image">The content.</param>
/// <param name="Mark">The mark whose instant it is; where <see cref="ImageMark.Consistent"/> is false it is none, and may change while it is read.</param>
/// <param name="Disk">The disk that it is a copy of; of a snapshot that may be another one than the volume's now.</param>
/// <param name="LogicalBlockBytes">That disk's logical block size in bytes: a restored disk needs the same.</param>
/// <param name="StoredBytes">At most this many bytes of it are not zero.</param>
/// <param name="Owned">Closed with the view; null when the content belongs to the volume.</param>
internal sealed record RestoreView(IImageReader Image, ImageMark Mark, VolumeIdentity Disk, int LogicalBlockBytes, long StoredBytes, IDisposable? Owned) : IDisposable
{
    public void Dispose() => Owned?.Dispose();
}
