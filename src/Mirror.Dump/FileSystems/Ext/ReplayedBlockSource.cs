using System.Buffers.Binary;

namespace Mirror.Dump.FileSystems.Ext;

/// <summary>A source as it would be with its journal replayed: blocks that the journal has are read from there, when they are asked for. Immutable.</summary>
internal sealed class ReplayedBlockSource : IBlockSource
{
    private readonly IBlockSource _source;
    private readonly int _blockBytes;

    /// <summary>The blocks that the journal has, ascending, and where.</summary>
    private readonly long[] _blocks, _places;

    /// <summary>Lays a journal over a source.</summary>
    /// <param name="source">Owned from now on.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <param name="map">From blocks to what <see cref="Pack"/> made of their place.</param>
    public ReplayedBlockSource(IBlockSource source, int blockBytes, Dictionary<long, long> map)
    {
        _source = source;
        _blockBytes = blockBytes;
        _blocks = [.. map.Keys];
        _places = [.. map.Values];
        Array.Sort(_blocks, _places);
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public long SizeBytes => _source.SizeBytes;

    /// <summary>A place in the journal as a number.</summary>
    /// <param name="block">The block of the source where the journal has it.</param>
    /// <param name="isEscaped">Whether its first word was taken out, because it looks like the journal's own.</param>
    public static long Pack(long block, bool isEscaped) => block << 1 | (isEscaped ? 1L : 0);

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> destination)
    {
        _source.Read(offset, destination);
        long end = offset + destination.Length;
        int at = Array.BinarySearch(_blocks, offset / _blockBytes);
        Span<byte> word = stackalloc byte[4];
        for (at = at < 0 ? ~at : at; at < _blocks.Length && _blocks[at] * _blockBytes < end; at++)
        {
            long start = _blocks[at] * _blockBytes, from = Math.Max(start, offset), to = Math.Min(start + _blockBytes, end);
            long place = (_places[at] >> 1) * _blockBytes;
            var part = destination.Slice((int)(from - offset), (int)(to - from));
            _source.Read(place + (from - start), part);
            if ((_places[at] & 1) == 0) continue;
            BinaryPrimitives.WriteUInt32BigEndian(word, Journal.Magic);
            for (long i = from - start; i < 4 && i < to - start; i++) part[(int)(i - (from - start))] = word[(int)i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
