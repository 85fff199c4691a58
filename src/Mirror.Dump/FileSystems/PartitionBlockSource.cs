namespace Mirror.Dump.FileSystems;

/// <summary>One partition of a source.</summary>
public sealed class PartitionBlockSource : IBlockSource
{
    private readonly IBlockSource _whole;
    private readonly long _offset;

    /// <summary>A window on <paramref name="whole"/>, which it owns from now on.</summary>
    /// <param name="whole">The disk or its image.</param>
    /// <param name="partition">What <see cref="PartitionTable"/> found; within the source.</param>
    public PartitionBlockSource(IBlockSource whole, Partition partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition.OffsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partition.SizeBytes, whole.SizeBytes - partition.OffsetBytes);
        _whole = whole;
        _offset = partition.OffsetBytes;
        SizeBytes = partition.SizeBytes;
        Name = $"{whole.Name} partition {partition.Number}";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > SizeBytes - destination.Length)
            throw new DamagedException($"{Name}: bytes {offset} to {offset + destination.Length} were asked for, but it ends at {SizeBytes}.");
        _whole.Read(_offset + offset, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _whole.Dispose();
}
