using Mirror.Dump.FileSystems;

namespace Mirror.Dump.Tests.Ext;

/// <summary>A source in memory.</summary>
internal sealed class ArrayBlockSource(byte[] data) : IBlockSource
{
    public string Name => "memory";

    public long SizeBytes => data.Length;

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > data.Length - destination.Length) throw new DamagedException($"memory: {offset}+{destination.Length} of {data.Length}");
        data.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
    }
}
