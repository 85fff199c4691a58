namespace Mirror.Core.Store;

/// <summary>
/// The volume as it was at its last consistent mark: the disk at one instant of its write order. It stays the same for as long as it is open,
/// whatever arrives meanwhile: what is newer is kept aside until the last view is closed, so close it as soon as it has served.
///
/// <para>Any thread may read. When the store fails or is closed (a server that stops, another disk that is adopted), reading throws
/// <see cref="IOException"/>; open another view then, which shows the last consistent mark of that time.</para>
/// </summary>
public interface IConsistentView : IImageReader, IDisposable
{
    /// <summary>The mark that it shows; its <see cref="ImageMark.Time"/> is the instant by the client's clock.</summary>
    ImageMark Mark { get; }

    /// <summary>
    /// A file or device whose first <see cref="IImageReader.SizeBytes"/> bytes are this view while it is open, for what needs a path (a loop device, a
    /// clone). Null when what the view shows lies in several files; a view that was asked for as settled always has one.
    /// </summary>
    string? ImagePath { get; }
}
