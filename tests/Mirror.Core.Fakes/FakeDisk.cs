using Mirror.Core.Blocks;
using Mirror.Core.Disks;

namespace Mirror.Core.Fakes;

/// <summary>
/// A disk in memory. Writes go to an attached <see cref="FakeTapKernel"/> in the order in which they change the content. Reads are slow and
/// sample the content at a random moment between their submission and their end, as a real disk may.
/// </summary>
public sealed class FakeDisk(int bytes, int seed) : IDisk
{
    private readonly byte[] _content = new byte[bytes];
    private readonly Random _random = new(seed);

    /// <summary>Guards content, tap and order.</summary>
    public Lock Gate { get; } = new();

    public FakeTapKernel? Tap { get; set; }

    public string Path => "/fake/disk";

    public long SizeBytes => _content.Length;

    public int LogicalBlockBytes => Units.SectorBytes;

    public DiskIdentity Identity { get; set; } = new("fake disk", Guid.Empty);

    public string Attachment { get; set; } = "boot 1, attached once";

    /// <summary>Reads fail while this is set.</summary>
    public bool Failing { get; set; }

    /// <summary>The longest that half a read takes.</summary>
    public TimeSpan Slowness { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Every half of a read takes <see cref="Slowness"/>; else a random share, often nothing.</summary>
    public bool EvenlySlow { get; set; }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        await PauseAsync(cancellation).ConfigureAwait(false);
        lock (Gate)
        {
            if (Failing) throw new IOException($"{Path}: read at {offset} failed: errno 5.");
            _content.AsSpan((int)offset, destination.Length).CopyTo(destination.Span);
            BytesRead += destination.Length;
        }
        await PauseAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes, and lets the tap see it.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        FakeTapKernel.Request? request;
        lock (Gate)
        {
            data.CopyTo(_content.AsSpan((int)offset));
            request = Tap?.Begin(offset, data);
            if (request is not null && Tap!.BetweenRecords is null) Tap.Finish(request, data);
        }
        if (request is not null) Tap!.Finish(request, data); // what is left of it, with nothing locked
    }

    /// <summary>Two writes that are on their way together. The disk keeps the second one where they overlap, and it completes first.</summary>
    /// <returns>Completes the other one.</returns>
    public Action WriteTogether(long offset, byte[] data, long secondOffset, byte[] second)
    {
        lock (Gate)
        {
            data.CopyTo(_content.AsSpan((int)offset));
            second.CopyTo(_content.AsSpan((int)secondOffset));
            long started = FakeTapKernel.Now();
            Complete(secondOffset, second, started);
            return () => Complete(offset, data, started);
        }
    }

    private void Complete(long offset, ReadOnlySpan<byte> data, long started)
    {
        lock (Gate)
        {
            if (Tap?.Begin(offset, data, started) is { } request) Tap.Finish(request, data);
        }
    }

    /// <summary>Zeroes a range by a write-zeroes command.</summary>
    public void WriteZeroes(long offset, int length)
    {
        lock (Gate)
        {
            _content.AsSpan((int)offset, length).Clear();
            Tap?.OnZero(offset, length);
        }
    }

    /// <summary>Discards a range; what it reads as afterwards is the disk's affair: here, a pattern.</summary>
    public void Discard(long offset, int length)
    {
        lock (Gate)
        {
            _content.AsSpan((int)offset, length).Fill(0xdd);
            Tap?.OnSide(offset, length);
        }
    }

    /// <summary>Everything, now.</summary>
    public byte[] Snapshot()
    {
        lock (Gate) return [.. _content];
    }

    public void Dispose()
    {
    }

    private async Task PauseAsync(CancellationToken cancellation)
    {
        double share;
        lock (_random) share = _random.NextDouble();
        if (EvenlySlow) share = 1;
        if (Slowness > TimeSpan.Zero && share > 0.5) await Task.Delay(Slowness * share, cancellation).ConfigureAwait(false);
        else await Task.Yield();
    }
}
