using Mirror.Core.Blocks;
using Mirror.Core.Disks;

namespace Mirror.Core.Fakes;

/// <summary>A disk in memory that a restore writes to. It can fail, and forget what is written.</summary>
public sealed class FakeTarget(int bytes) : ITargetDisk
{
    private readonly Lock _gate = new();
    private int _underWay;

    public byte[] Content { get; } = new byte[bytes];

    public string Path => "/fake/target";

    public long SizeBytes => Content.Length;

    public int LogicalBlockBytes { get; set; } = Units.SectorBytes;

    /// <summary>Writes fail once so many bytes have been written.</summary>
    public long FailsAfter { get; set; } = long.MaxValue;

    /// <summary>Writes are taken and lost.</summary>
    public bool Forgets { get; set; }

    /// <summary>Calls that have not returned.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Called after each write with the bytes written so far.</summary>
    public Action<long>? Wrote { get; set; }

    public long Written { get; private set; }

    public long Zeroed { get; private set; }

    public int Flushes { get; private set; }

    public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        using Call call = new(this);
        await Task.Yield();
        lock (_gate) Content.AsSpan((int)offset, destination.Length).CopyTo(destination.Span);
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        using Call call = new(this);
        await Task.Yield();
        lock (_gate)
        {
            if (Written + source.Length > FailsAfter) throw new TargetException($"{Path}: write of {source.Length} bytes at {offset} failed: errno 5.");
            Written += source.Length;
            if (!Forgets) source.Span.CopyTo(Content.AsSpan((int)offset));
        }
        Wrote?.Invoke(Written);
    }

    public async ValueTask ZeroAsync(long offset, long length, CancellationToken cancellation)
    {
        using Call call = new(this);
        await Task.Yield();
        lock (_gate)
        {
            Zeroed += length;
            if (!Forgets) Content.AsSpan((int)offset, (int)length).Clear();
        }
    }

    public ValueTask FlushAsync(CancellationToken cancellation)
    {
        Flushes++;
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
    }

    private readonly struct Call : IDisposable
    {
        private readonly FakeTarget _target;

        public Call(FakeTarget target)
        {
            _target = target;
            Interlocked.Increment(ref target._underWay);
        }

        public void Dispose() => Interlocked.Decrement(ref _target._underWay);
    }
}
