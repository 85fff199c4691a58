namespace Mirror.Dump.Archive.Format;

/// <summary>A map of inodes as archives have it: bit n - 1 stands for inode n. Grows as records come; safe for readers of what was written before.</summary>
internal sealed class InodeMap
{
    private byte[] _bits;
    private int _length;

    /// <summary>A map with room for inodes up to <paramref name="highest"/>, in whole records.</summary>
    public InodeMap(long highest)
    {
        _bits = new byte[Math.Max(1, (highest + (DumpFormat.RecordBytes * 8) - 1) / (DumpFormat.RecordBytes * 8)) * DumpFormat.RecordBytes];
        _length = _bits.Length;
    }

    /// <summary>A map that a reader fills by <see cref="Append"/>.</summary>
    public InodeMap() => _bits = [];

    /// <summary>The bytes that an archive has.</summary>
    public ReadOnlySpan<byte> Bytes => _bits.AsSpan(0, _length);

    public bool this[uint inode]
    {
        get
        {
            if (inode == 0) return false;
            uint bit = inode - 1;
            return bit / 8 < _length && (_bits[bit / 8] & (1 << (int)(bit % 8))) != 0;
        }
    }

    /// <summary>How many inodes are in it.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (byte b in Bytes) count += System.Numerics.BitOperations.PopCount(b);
            return count;
        }
    }

    public void Set(uint inode) => _bits[(inode - 1) / 8] |= (byte)(1 << (int)((inode - 1) % 8));

    public void Clear(uint inode) => _bits[(inode - 1) / 8] &= (byte)~(1 << (int)((inode - 1) % 8));

    /// <summary>Takes the next records of a map. The size was bounded by the header.</summary>
    public void Append(ReadOnlySpan<byte> records)
    {
        if (_bits.Length < _length + records.Length) Array.Resize(ref _bits, Math.Max(_bits.Length * 2, _length + records.Length));
        records.CopyTo(_bits.AsSpan(_length));
        _length += records.Length;
    }

    /// <summary>The inodes in it, in order.</summary>
    public IEnumerable<uint> Inodes()
    {
        for (int i = 0; i < _length; i++)
        {
            for (int rest = _bits[i]; rest != 0; rest &= rest - 1)
                yield return (uint)((i * 8L) + System.Numerics.BitOperations.TrailingZeroCount(rest) + 1);
        }
    }
}
