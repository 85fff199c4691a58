namespace Mirror.Core.Server;

/// <summary>
/// Lets a few at a time read whole images (scans, or restores), so that many clients coming back together do not make every disk of the server seek. Live streams never ask here.
/// </summary>
internal sealed class Admission
{
    private readonly SemaphoreSlim _free;   // its wait handle is never used, so there is nothing to dispose
    private readonly int _places;

    /// <summary>All places are free.</summary>
    public Admission(int places)
    {
        _places = places;
        _free = new SemaphoreSlim(places);
    }

    /// <summary>Whether nobody has a place.</summary>
    public bool IsIdle => _free.CurrentCount == _places;

    /// <summary>A place until disposed (once or more often), or null when all are taken.</summary>
    public IDisposable? TryEnter() => _free.Wait(0) ? new Place(this) : null;

    /// <summary>Waits in line for a place; null when none has become free in <paramref name="limit"/>.</summary>
    public async Task<IDisposable?> EnterAsync(TimeSpan limit, CancellationToken cancellation) =>
        await _free.WaitAsync(limit, cancellation).ConfigureAwait(false) ? new Place(this) : null;

    private sealed class Place(Admission owner) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) owner._free.Release();
        }
    }
}
