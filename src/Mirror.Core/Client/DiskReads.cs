using Mirror.Core.Disks;
namespace Mirror.Core.Client;

/// <summary>
/// The reads of the mirrored disk that are under way: a fixed number of slots, submitted by the session's thread, completed on any.
/// What a record touches meanwhile is noted on each read (<see cref="Touch"/>).
/// </summary>
internal sealed class DiskReads(IDisk disk, int slots, TokenBucket limit, Action<DiskRead> completed)
{
    private readonly Stack<DiskRead> _free = new(Enumerable.Range(0, slots).Select(_ => new DiskRead()));
    private readonly List<DiskRead> _busy = new(slots);
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _none = new(true);
    private int _running; // guarded by _gate

    /// <summary>Reads that were submitted and not released, in the order of submission.</summary>
    public IReadOnlyList<DiskRead> Busy => _busy;

    /// <summary>Whether another read may be submitted now.</summary>
    public bool HasRoom => _free.Count > 0 && limit.Delay() == TimeSpan.Zero;

    /// <summary>Free slots, whatever the limit says.</summary>
    public int Free => _free.Count;

    /// <summary>How long the limit asks to wait.</summary>
    public TimeSpan Delay => limit.Delay();

    /// <summary>Bytes read since the start.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Submits a read. <paramref name="stamp"/> is the ring's producer position, taken before.</summary>
    /// <param name="offset">First byte; aligned to the disk's blocks.</param>
    /// <param name="length">Bytes, at most <see cref="DiskRead.MaxBytes"/>.</param>
    /// <param name="stamp">The ring's producer position, taken before this call.</param>
    /// <param name="chunk">The scan's chunk; null for pending granules.</param>
    /// <param name="work">What to do with the data on the reading side's thread, before it is reported as completed.</param>
    /// <param name="cancellation">Gives the read up.</param>
    public DiskRead Submit(long offset, int length, long stamp, ScanChunk? chunk, Action<DiskRead>? work, CancellationToken cancellation)
    {
        DiskRead read = _free.Pop();
        read.Begin(offset, length, stamp, chunk);
        _busy.Add(read);
        limit.Take(length);
        BytesRead += length;
        lock (_gate)
        {
            _running++;
            _none.Reset();
        }
        _ = RunAsync(read, work, cancellation);
        return read;
    }

    /// <summary>Notes a change of the disk on every read that is under way.</summary>
    public void Touch(long offset, long length)
    {
        foreach (DiskRead read in _busy) read.Touch(offset, length);
    }

    /// <summary>Takes a read out of the order; its buffer is reused when <see cref="Recycle"/> is called, maybe later.</summary>
    public void Retire(DiskRead read) => _busy.Remove(read);

    /// <summary>Gives a retired read's slot back. Session's thread.</summary>
    public void Recycle(DiskRead read) => _free.Push(read);

    /// <summary>Blocks until no read runs any more.</summary>
    public void WaitForAll() => _none.Wait();

    private async Task RunAsync(DiskRead read, Action<DiskRead>? work, CancellationToken cancellation)
    {
        try
        {
            await disk.ReadAsync(read.Offset, read.Data, cancellation).ConfigureAwait(false);
            work?.Invoke(read);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            read.Error = e;
        }
        completed(read);
        lock (_gate)
        {
            if (--_running == 0) _none.Set();
        }
    }
}
