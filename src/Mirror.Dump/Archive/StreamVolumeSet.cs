using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Archive;

/// <summary>One volume into a stream, such as a pipe.</summary>
/// <param name="stream">Written in order.</param>
public sealed class StreamVolumeSet(Stream stream) : IVolumeSet
{
    /// <inheritdoc/>
    public Stream Open(int volume) => volume == 1 ? stream : throw new IOException("A pipe takes one volume only. Leave --volume-size away, or write to files.");

    /// <inheritdoc/>
    public void Complete() => stream.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
