using System.Runtime.CompilerServices;
using Mirror.Core.Taps;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// The reader's side of the BPF ring buffer (Documentation/bpf/ringbuf.rst): a page with the consumer position, then a page with the
/// producer position and the data. libbpf maps the data twice so that records never wrap; here it is mapped once, because each mapping counts as
/// resident memory, and a record that wraps comes in two pieces. One thread.
/// </summary>
internal sealed unsafe class TapRing : IDisposable
{
    private const uint Busy = 1u << 31, Discarded = 1u << 30, LengthMask = ~(Busy | Discarded);
    private const int KernelHeaderBytes = 8, RecordHeaderBytes = 40;

    private readonly MappedMemory _consumerPage;
    private readonly MappedMemory _producer;
    private readonly byte* _data;
    private readonly long _mask;
    private long _consumed;
    private long _next = -1;        // position after the record last peeked at, -1: none
    private bool _nextIsShort;

    public TapRing(int map, long bytes)
    {
        int page = Environment.SystemPageSize;
        _consumerPage = new MappedMemory(map, 0, page, writable: true, "The tap's ring");
        try
        {
            _producer = new MappedMemory(map, page, page + bytes, writable: false, "The tap's ring");
        }
        catch
        {
            _consumerPage.Dispose();
            throw;
        }
        _data = _producer.Pointer + page;
        _mask = bytes - 1;
        _consumed = Volatile.Read(ref *(long*)_consumerPage.Pointer);
    }

    public long Produced => Volatile.Read(ref *(long*)_producer.Pointer);

    public long Consumed => _consumed;

    /// <summary>Passes over everything that is in the ring.</summary>
    public void DiscardAll()
    {
        // A record that is still being filled may not be passed: its space would be given out again.
        while (TryPeek(out _)) Advance();
    }

    public bool TryPeek(out TapRecord record)
    {
        while (true)
        {
            if (_consumed >= Produced) break;
            uint header = Volatile.Read(ref *(uint*)At(_consumed));
            if ((header & Busy) != 0) break;
            uint length = header & LengthMask;
            long next = _consumed + ((length + KernelHeaderBytes + 7L) & ~7L);
            if ((header & Discarded) != 0)
            {
                Publish(next);
                continue;
            }
            long at = _consumed + KernelHeaderBytes;
            uint tail = *(uint*)At(at + 16);        // every 8 bytes of the ring are in one piece
            uint kinds = *(uint*)At(at + 20);
            var kind = (TapRecordKind)(byte)kinds;
            ReadOnlySpan<byte> head = default, rest = default;
            if (kind == TapRecordKind.Data)
            {
                long data = at + RecordHeaderBytes;
                int bytes = (int)(length - RecordHeaderBytes);
                int first = (int)Math.Min(bytes, _mask + 1 - (data & _mask));
                head = new ReadOnlySpan<byte>(At(data), first);
                if (first < bytes) rest = new ReadOnlySpan<byte>(_data, bytes - first);
            }
            _next = next;
            _nextIsShort = kind != TapRecordKind.Data;
            record = new TapRecord
            {
                Kind = kind,
                Sector = *(long*)At(at),
                Sectors = tail,
                Request = *(ulong*)At(at + 8),
                Last = (kinds >> 8 & 0xff) != 0,
                Started = *(long*)At(at + 24),
                Completed = *(long*)At(at + 32),
                Head = head,
                Tail = rest,
            };
            return true;
        }
        record = default;
        return false;
    }

    /// <summary>Gives back the record last peeked at; true when it was one without data.</summary>
    public bool Advance()
    {
        if (_next < 0) throw new InvalidOperationException("Advance without a record that was peeked at.");
        Publish(_next);
        return _nextIsShort;
    }

    /// <summary>Whether something was reserved after what has been consumed.</summary>
    public bool IsEmpty => _consumed >= Produced;

    /// <inheritdoc/>
    public void Dispose()
    {
        _producer.Dispose();
        _consumerPage.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* At(long position) => _data + (position & _mask);

    private void Publish(long position)
    {
        _next = -1;
        _consumed = position;
        Volatile.Write(ref *(long*)_consumerPage.Pointer, position);
    }
}
