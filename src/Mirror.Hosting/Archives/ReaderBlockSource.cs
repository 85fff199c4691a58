using Mirror.Core.Store;
using Mirror.Dump;
using Mirror.Dump.FileSystems;

namespace Mirror.Hosting.Archives;

/// <summary>A volume's content as a source of file systems, and what keeps it still, which is let go at the end.</summary>
/// <param name="name">How it is named in messages: <c>home</c>, <c>home@before-upgrade</c>.</param>
/// <param name="reader">The content, of one instant.</param>
/// <param name="release">Lets it go.</param>
internal sealed class ReaderBlockSource(string name, IImageReader reader, Action release) : IBlockSource
{
    private Action? _release = release;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public long SizeBytes => reader.SizeBytes;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > SizeBytes - destination.Length)
            throw new DamagedException($"{Name}: bytes {offset} to {offset + destination.Length} were asked for, but it ends at {SizeBytes}.");
        reader.Read(offset, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
