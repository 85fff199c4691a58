using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>
/// Frames one behind the other in memory of the owner, to be sent whole. A run of contiguous data becomes one WRITE: begin it, add the
/// data as it comes, end it; only then the length in its header is known. Belongs to one thread at a time; <see cref="Clear"/> makes it reusable.
/// </summary>
public sealed class FrameBuffer(Memory<byte> memory)
{
    /// <summary>A size that holds the largest WRITE and a few small messages, in bytes.</summary>
    public const int DefaultBytes = WireLimits.MaxWriteBytes + Units.DefaultGranuleBytes;

    private readonly Memory<byte> _memory = memory;
    private int _writeHead = -1;        // where the header of the open WRITE stands
    private long _writeSector;

    /// <summary>Makes a buffer with memory of its own.</summary>
    public FrameBuffer(int bytes = DefaultBytes) : this(AlignedMemory.Allocate(bytes))
    {
    }

    /// <summary>Bytes of frames so far, an open WRITE included.</summary>
    public int Length { get; private set; }

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Bytes that are free.</summary>
    public int Free => _memory.Length - Length;

    /// <summary>Whether a WRITE is open.</summary>
    public bool InWrite => _writeHead >= 0;

    /// <summary>The sector that the open WRITE would go on with.</summary>
    public long NextSector => _writeSector + (WriteLength >> Units.SectorShift);

    /// <summary>Bytes that the open WRITE can still take, in whole sectors.</summary>
    public int WriteRoom => InWrite ? Math.Min(Free, WireLimits.MaxWriteBytes - WriteLength) & ~(Units.SectorBytes - 1) : 0;

    /// <summary>What is to be sent. No WRITE may be open.</summary>
    public ReadOnlyMemory<byte> Frames
    {
        get
        {
            if (InWrite) throw new InvalidOperationException("A WRITE is open.");
            return _memory[..Length];
        }
    }

    private int WriteLength => Length - _writeHead - WriteMessage.Size;

    /// <summary>Appends a message without payload, and ends an open WRITE before it; false, and nothing appended, when there is no room.</summary>
    public bool TryAppend<T>(in T message) where T : struct, IMessage<T>
    {
        EndWrite();
        if (message.EncodedBytes > Free) return false;
        Length += message.Encode(_memory.Span[Length..]);
        return true;
    }

    /// <summary>
    /// Makes data for <paramref name="sector"/> on possible: goes on with the open WRITE when it ends there and has room, else ends it
    /// and begins another. False when there is not even room for one sector.
    /// </summary>
    public bool TryWriteAt(long sector)
    {
        if (InWrite && NextSector == sector && WriteRoom > 0) return true;
        EndWrite();
        if (Free < WriteMessage.Size + Units.SectorBytes) return false;
        _writeHead = Length;
        _writeSector = sector;
        Length += new WriteMessage(sector, 0).Encode(_memory.Span[Length..]);
        return true;
    }

    /// <summary>Where the next data of the open WRITE goes, <see cref="WriteRoom"/> bytes; say how many were filled by <see cref="Advance"/>.</summary>
    public Memory<byte> WriteSpace => _memory.Slice(Length, WriteRoom);

    /// <summary>Takes what was put into <see cref="WriteSpace"/>; whole sectors.</summary>
    public void Advance(int bytes)
    {
        if (bytes < 0 || bytes > WriteRoom || bytes % Units.SectorBytes != 0) throw new ArgumentOutOfRangeException(nameof(bytes));
        Length += bytes;
    }

    /// <summary>Copies as much of <paramref name="data"/> (whole sectors) as the open WRITE takes.</summary>
    /// <returns>Bytes taken.</returns>
    public int Add(ReadOnlySpan<byte> data)
    {
        int bytes = Math.Min(data.Length, WriteRoom);
        data[..bytes].CopyTo(_memory.Span[Length..]);
        Advance(bytes);
        return bytes;
    }

    /// <summary>Ends the open WRITE: its header gets its length; one without data is taken back. Without an open one nothing happens.</summary>
    public void EndWrite()
    {
        if (!InWrite) return;
        int bytes = WriteLength;
        if (bytes == 0) Length = _writeHead;
        else WriteMessage.PatchBytes(_memory.Span[_writeHead..], bytes);
        _writeHead = -1;
    }

    /// <summary>Takes all frames out, an open WRITE included.</summary>
    public void Clear()
    {
        Length = 0;
        _writeHead = -1;
    }
}
