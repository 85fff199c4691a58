namespace Mirror.Core.Server;

/// <summary>Lets a few volumes scan at a time, so that many clients coming back together do not make every disk of the server seek. Live streams never ask here.</summary>
internal sealed class ScanAdmission(int places)
{
    private int _free = places;

    /// <summary>A place until disposed (once or more often), or null when all are taken.</summary>
    public IDisposable? TryEnter()
    {
        while (true)
        {
            int free = Volatile.Read(ref _free);
            if (free <= 0) return null;
            if (Interlocked.CompareExchange(ref _free, free - 1, free) == free) return new Place(this);
        }
    }

    private sealed class Place(ScanAdmission owner) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) Interlocked.Increment(ref owner._free);
        }
    }
}
