using Mirror.Core.Blocks;
using Mirror.Core.Taps;

namespace Mirror.Driver.Tests.Taps;

/// <summary>An image made from the ring alone, on a thread of its own; what the ring only names is kept as a set.</summary>
internal sealed class RingImage : IDisposable
{
    private readonly ITap _tap;
    private readonly Thread _thread;
    private volatile bool _stop;
    private long _idleAt;

    public RingImage(ITap tap, byte[] start)
    {
        _tap = tap;
        Bytes = start;
        Named = new HierarchicalBitmap(start.LongLength / 512);
        _thread = new Thread(Take);
        _thread.Start();
    }

    public byte[] Bytes { get; }

    /// <summary>Sectors named without data (Block, SideRead) since they were last written with data.</summary>
    public HierarchicalBitmap Named { get; }

    public Dictionary<TapRecordKind, long> Sectors { get; } = [];

    public HashSet<ulong> OpenRequests { get; } = [];

    public Exception? Failure { get; private set; }

    /// <summary>Takes everything that is in the ring, then stops.</summary>
    public void Finish()
    {
        _stop = true;
        _tap.Wake();
        _thread.Join();
        if (Failure is not null) throw new InvalidOperationException("The ring's reader failed.", Failure);
    }

    public void Dispose()
    {
        if (_thread.IsAlive) Finish();
    }

    private void Take()
    {
        try
        {
            while (true)
            {
                bool stop = _stop;
                while (_tap.TryPeek(out TapRecord record))
                {
                    Apply(record);
                    _tap.Advance();
                }
                if (stop && _tap.Waiting == 0) return;
                _tap.Wait(TimeSpan.FromMilliseconds(50));
                Volatile.Write(ref _idleAt, Environment.TickCount64);
            }
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    private void Apply(TapRecord record)
    {
        Sectors[record.Kind] = Sectors.GetValueOrDefault(record.Kind) + record.Sectors;
        if (record.Last) OpenRequests.Remove(record.Request);
        else OpenRequests.Add(record.Request);
        Span<byte> place = Bytes.AsSpan((int)record.Offset, (int)record.Length);
        switch (record.Kind)
        {
            case TapRecordKind.Data:
                Assert.Equal(record.Length, record.Head.Length + record.Tail.Length);
                record.Head.CopyTo(place);
                record.Tail.CopyTo(place[record.Head.Length..]);
                Named.Remove(record.Sector, record.Sectors);
                break;
            case TapRecordKind.Zero:
                place.Clear();
                Named.Remove(record.Sector, record.Sectors);
                break;
            default:
                Named.Add(record.Sector, record.Sectors);
                break;
        }
    }
}
