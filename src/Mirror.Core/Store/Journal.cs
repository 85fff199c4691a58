using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Mirror.Core.Store;

/// <summary>
/// The file <c>journal</c>: records one after another, round and round. Positions grow for ever; a position's place in the file is its remainder by the file's
/// length. Which stretch counts is written in the slot (<see cref="StoreState"/>), so the journal itself has no head: whatever stands outside of that stretch is
/// never looked at, and inside it everything was on stable storage before the slot was written.
///
/// <para>A record, little-endian, on a multiple of 16: magic <c>DMJR</c> u32, kind u32 (1 write, 2 zero, 3 filler), run u64, position u64, first byte u64, bytes u64,
/// CRC-32C u32 of the header up to here and the data, zero u32; then a write's data, a filler's bytes of no meaning. A commit fills up to a multiple of 4096, so
/// that what is durable is never in a page that is written again.</para>
/// <para>One thread appends; <see cref="Flush"/> and reading may be called by others. The buffer is guarded by <see cref="_lock"/>.</para>
/// </summary>
internal sealed class Journal : IDisposable
{
    /// <summary>Bytes of a record's header.</summary>
    public const int HeaderBytes = 48;

    /// <summary>The shortest journal that works, in bytes.</summary>
    public const long LeastBytes = 64 << 10;

    private const int PageBytes = 4096;
    private const uint Magic = 0x524A4D44;  // "DMJR"
    private const uint KindWrite = 1, KindZero = 2, KindFiller = 3;
    private const int BufferBytes = 1 << 20;
    private static readonly ArrayPool<byte> Buffers = ArrayPool<byte>.Create(BufferBytes, 8);   // a journal that is at rest needs none

    private readonly IImageFile _file;
    private readonly Lock _lock = new();
    private byte[]? _buffer;       // there while something is in it; guarded by _lock
    private int _buffered;          // guarded by _lock
    private long _written;          // the position of the buffer's first byte; guarded by _lock
    private ulong _run;

    private Journal(IImageFile file, long bytes)
    {
        _file = file;
        Capacity = bytes;
        MostData = (int)Math.Min(1 << 20, bytes / 8 & ~4095);
    }

    /// <summary>Bytes of the file.</summary>
    public long Capacity { get; }

    /// <summary>The most data that one record should carry: a longer write is several.</summary>
    public int MostData { get; }

    /// <summary>The run of what is appended.</summary>
    public ulong Run => _run;

    /// <summary>Where the next record begins.</summary>
    public long End { get; private set; }

    /// <summary>The length that suits a volume: an eighth of it, 16 to 512 MiB.</summary>
    public static long BytesFor(long volumeBytes) => Math.Clamp(volumeBytes / 8 & ~((1L << 20) - 1), 16L << 20, 512L << 20);

    /// <summary>Opens the journal; makes it when it is missing and nothing in it counts.</summary>
    /// <param name="files">The store's files.</param>
    /// <param name="path">Its path.</param>
    /// <param name="bytes">Its length when it is made.</param>
    /// <param name="state">Says where it goes on.</param>
    /// <exception cref="StoreUnusableException">Records that count are missing.</exception>
    public static Journal Open(IImageFiles files, string path, long bytes, StoreState state)
    {
        bool empty = state.From == state.End, missing = !files.Exists(path);
        if (missing && !empty)
            throw new StoreUnusableException($"{path} is missing, and the last {state.End - state.From} bytes of it were still to be carried into the image. {WayOut}");
        IImageFile file = files.Open(path, missing ? ImageOpenMode.New : ImageOpenMode.Existing);
        try
        {
            if (file.SizeBytes < LeastBytes || file.SizeBytes % PageBytes != 0)
            {
                // A crash while it was made. Its length cannot change otherwise.
                if (!empty) throw new StoreUnusableException($"{path} has {file.SizeBytes} bytes, which is not a journal's length. {WayOut}");
                file.SetSize(bytes);
            }
            file.Allocate(file.SizeBytes);
            var journal = new Journal(file, file.SizeBytes);
            if (state.End - state.From > journal.Capacity) throw new StoreUnusableException($"{path} has {file.SizeBytes} bytes, and {state.End - state.From} of it should count. {WayOut}");
            journal.Continue(state.Run, state.End);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private const string WayOut = "Put it back from a backup. Without it the image is no state of the disk: what snapshots hold is whole; to begin the copy anew, move the volume's directory away.";

    /// <summary>What follows belongs to <paramref name="run"/> and begins at <paramref name="position"/>, which nothing may be before in the buffer.</summary>
    public void Continue(ulong run, long position)
    {
        lock (_lock)
        {
            _run = run;
            _buffered = 0;
            GiveBack();
            _written = End = (position + PageBytes - 1) / PageBytes * PageBytes;
        }
    }

    /// <summary>Appends a write of at most <see cref="MostData"/> bytes. The caller has seen to the room.</summary>
    public JournalRecord Write(long offset, ReadOnlySpan<byte> data)
    {
        var record = new JournalRecord(End, offset, data.Length, false);
        Append(KindWrite, offset, data.Length, data);
        return record;
    }

    /// <summary>Appends a zero. The caller has seen to the room.</summary>
    public JournalRecord Zero(long offset, long length)
    {
        var record = new JournalRecord(End, offset, length, true);
        Append(KindZero, offset, length, default);
        return record;
    }

    /// <summary>The most that <see cref="FillPage"/> appends.</summary>
    public const int MostFill = PageBytes + HeaderBytes;

    /// <summary>Fills the page up and hands everything to the file: a mark stands here.</summary>
    public void FillPage()
    {
        int rest = (int)(-End & (PageBytes - 1));
        if (rest != 0)
        {
            if (rest < HeaderBytes) rest += PageBytes;
            Span<byte> filler = stackalloc byte[rest - HeaderBytes];
            filler.Clear();
            Append(KindFiller, 0, filler.Length, filler);
        }
        HandOver();
    }

    /// <summary>Hands everything appended to the file, so that it can be read there.</summary>
    public void HandOver()
    {
        lock (_lock) HandOverLocked();
    }

    /// <summary>Returns when everything handed over is on stable storage.</summary>
    public void Flush() => _file.Flush();

    /// <summary>Reads bytes of the stretch that counts.</summary>
    public void Read(long position, Span<byte> destination)
    {
        lock (_lock)
        {
            if (position + destination.Length > _written) HandOverLocked();
        }
        int first = (int)Math.Min(destination.Length, Capacity - position % Capacity);
        _file.Read(position % Capacity, destination[..first]);
        if (first < destination.Length) _file.Read(0, destination[first..]);
    }

    /// <summary>Reads every record of the stretch that counts, and checks each.</summary>
    /// <exception cref="StoreUnusableException">One is not what was written.</exception>
    public List<JournalRecord> Load(StoreState state, long volumeBytes)
    {
        var records = new List<JournalRecord>();
        byte[] header = new byte[HeaderBytes], data = [];
        for (long at = state.From; at < state.End;)
        {
            Read(at, header);
            uint kind = U32(header, 4);
            long offset = (long)U64(header, 24), length = (long)U64(header, 32);
            bool carries = kind is KindWrite or KindFiller;
            if (U32(header, 0) != Magic || kind is < KindWrite or > KindFiller || U64(header, 8) != state.Run || (long)U64(header, 16) != at ||
                length < 0 || (carries && length > Math.Min(state.End - at, 2 << 20)) || (kind != KindFiller && (offset < 0 || length > volumeBytes || offset > volumeBytes - length)))
                throw Damaged(at, state);
            if (carries)
            {
                if (data.Length < length) data = new byte[length];
                Read(at + HeaderBytes, data.AsSpan(0, (int)length));
            }
            if (Sum(header, carries ? data.AsSpan(0, (int)length) : default) != U32(header, 40)) throw Damaged(at, state);
            var record = new JournalRecord(at, offset, length, kind == KindZero);
            if (kind != KindFiller) records.Add(record);
            at = record.End;
            if (at > state.End || (at > state.ConsistentEnd && record.Position < state.ConsistentEnd)) throw Damaged(record.Position, state);
        }
        return records;
    }

    /// <summary>Throws away what memory claims of the file.</summary>
    public void DropCache() => _file.DropCache();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private StoreUnusableException Damaged(long at, StoreState state) =>
        new($"{_file.Path} is damaged at byte {at % Capacity} (position {at} of {state.From} to {state.End}). {WayOut}");

    private void Append(uint kind, long offset, long length, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], kind);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], _run);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], End);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], length);
        header[40..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], Sum(header, data));
        lock (_lock)
        {
            Put(header);
            Put(data);
            End += HeaderBytes + data.Length;
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_buffered == BufferBytes) HandOverLocked();
            int part = Math.Min(bytes.Length, BufferBytes - _buffered);
            _buffer ??= Buffers.Rent(BufferBytes);
            bytes[..part].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += part;
            bytes = bytes[part..];
        }
    }

    private void HandOverLocked()
    {
        if (_buffered == 0) return;
        int first = (int)Math.Min(_buffered, Capacity - _written % Capacity);
        _file.Write(_written % Capacity, _buffer.AsSpan(0, first));
        if (first < _buffered) _file.Write(0, _buffer.AsSpan(first, _buffered - first));
        _written += _buffered;
        _buffered = 0;
        GiveBack();
    }

    private void GiveBack()
    {
        if (_buffer is { } buffer) Buffers.Return(buffer);
        _buffer = null;
    }

    private static uint Sum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        // The instruction takes three cycles and one can start each cycle, so long data is summed in three lanes at once.
        uint sum = Lane(uint.MaxValue, header[..40]);
        if (data.Length >= 1024)
        {
            int third = data.Length / 24 * 8;
            ReadOnlySpan<ulong> a = MemoryMarshal.Cast<byte, ulong>(data[..third]), b = MemoryMarshal.Cast<byte, ulong>(data.Slice(third, third)), c = MemoryMarshal.Cast<byte, ulong>(data.Slice(2 * third, third));
            uint x = sum, y = 1, z = 2;
            for (int i = 0; i < a.Length; i++)
            {
                x = BitOperations.Crc32C(x, a[i]);
                y = BitOperations.Crc32C(y, b[i]);
                z = BitOperations.Crc32C(z, c[i]);
            }
            sum = BitOperations.Crc32C(BitOperations.Crc32C(x, y), z);
            data = data[(3 * third)..];
        }
        return Lane(sum, data);
    }

    private static uint Lane(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes)) sum = BitOperations.Crc32C(sum, word);
        foreach (byte b in bytes[(bytes.Length & ~7)..]) sum = BitOperations.Crc32C(sum, b);
        return sum;
    }

    private static uint U32(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);

    private static ulong U64(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt64LittleEndian(from[at..]);
}
