using Mirror.Dump.Archive.Reading;

namespace Mirror.Dump.Archive;

/// <summary>One volume from a stream, such as a pipe.</summary>
/// <param name="stream">Read in order.</param>
/// <param name="name">How it is named in messages.</param>
public sealed class StreamVolumeSource(Stream stream, string name) : IVolumeSource
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public Stream? Open(int volume) => volume == 1 ? stream : null;

    /// <inheritdoc/>
    public string NameOf(int volume) => name;

    /// <inheritdoc/>
    public bool HasSeveral() => false;
}
