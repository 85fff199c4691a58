using Mirror.Core.Blocks;

namespace Mirror.Core.Client;

/// <summary>
/// One read of the disk, from its submission until its data is in the stream or thrown away. Owned by <see cref="DiskReads"/>; its
/// buffer has room in front of the data for a frame's header, so that header and data leave as one piece.
/// </summary>
internal sealed class DiskRead
{
    /// <summary>Bytes in front of the data; keeps the data aligned for direct reads.</summary>
    public const int HeaderRoom = AlignedMemory.Alignment;

    /// <summary>The most that one read covers.</summary>
    public const int MaxBytes = Units.ChunkBytes;

    private readonly Memory<byte> _whole = AlignedMemory.Allocate(HeaderRoom + MaxBytes);
    private readonly ulong[] _touched = new ulong[MaxBytes / Units.DefaultGranuleBytes / 64];
    private readonly ulong[] _covered = new ulong[MaxBytes / Units.DefaultGranuleBytes / 64];

    /// <summary>First byte, from the start of the volume.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes to be read.</summary>
    public int Length { get; private set; }

    /// <summary>The ring's producer position when the read was submitted: what is before it, the read has seen.</summary>
    public long Stamp { get; private set; }

    /// <summary>The chunk of a scan that this read serves; null for pending granules.</summary>
    public ScanChunk? Chunk { get; private set; }

    /// <summary>Whether the data is there. Set by the session's thread.</summary>
    public bool Completed { get; set; }

    /// <summary>Why there is none.</summary>
    public Exception? Error { get; set; }

    /// <summary>Whether any granule was touched since the stamp.</summary>
    public bool AnyTouched { get; private set; }

    /// <summary>Header room and data together.</summary>
    public Memory<byte> Whole => _whole[..(HeaderRoom + Length)];

    /// <summary>The data.</summary>
    public Memory<byte> Data => _whole.Slice(HeaderRoom, Length);

    /// <summary>Makes the slot ready for a new read.</summary>
    public void Begin(long offset, int length, long stamp, ScanChunk? chunk)
    {
        Offset = offset;
        Length = length;
        Stamp = stamp;
        Chunk = chunk;
        Completed = false;
        Error = null;
        AnyTouched = false;
        Array.Clear(_touched);
        Array.Clear(_covered);
    }

    /// <summary>Notes that a record with data (or zeroes) changed these bytes of the volume since the stamp.</summary>
    public void Touch(long offset, long length)
    {
        long first = Math.Max(offset, Offset) - Offset;
        long last = Math.Min(offset + length, Offset + Length) - Offset - 1;
        if (first > last) return;
        AnyTouched = true;
        for (long unit = first / Units.FineBytes; unit <= last / Units.FineBytes; unit++)
        {
            ulong bit = 1UL << (int)(unit & 63);
            _touched[unit >> 6] |= bit;
            bool covers = first <= unit * Units.FineBytes && last + 1 >= Math.Min((unit + 1) * Units.FineBytes, Length);
            if (covers) _covered[unit >> 6] |= bit;
        }
    }

    /// <summary>Whether the 4 KiB unit of the data is stale.</summary>
    public bool IsTouched(int unit) => (_touched[unit >> 6] >> (unit & 63) & 1) != 0;

    /// <summary>
    /// Adds the granules of stale units to <paramref name="pending"/>. Not of those that one record has replaced whole: the stream holds
    /// their content already, and a granule that is written all the time would be read again without end.
    /// </summary>
    public void AddTouchedTo(HierarchicalBitmap pending, int granuleBytes)
    {
        if (!AnyTouched) return;
        for (int unit = 0; unit < UnitCount; unit++)
        {
            if (IsTouched(unit) && (_covered[unit >> 6] >> (unit & 63) & 1) == 0) pending.Add((Offset + (long)unit * Units.FineBytes) / granuleBytes);
        }
    }

    /// <summary>Adds all granules of the read to <paramref name="target"/>.</summary>
    public void AddTo(HierarchicalBitmap target, int granuleBytes)
    {
        long first = Offset / granuleBytes;
        target.Add(first, (Offset + Length - 1) / granuleBytes - first + 1);
    }

    /// <summary>How many 4 KiB units the data has; the last may be shorter.</summary>
    public int UnitCount => (Length + Units.FineBytes - 1) / Units.FineBytes;
}
