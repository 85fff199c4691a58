namespace Mirror.Core.Restore;

/// <summary>What a restore has done so far, added to by many tasks and read by any.</summary>
internal sealed class RestoreFigures
{
    private long _fetched, _written, _zeroed, _found;

    /// <summary>Bytes of data received.</summary>
    public long Fetched => Interlocked.Read(ref _fetched);

    /// <summary>Bytes written to the target.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Bytes of the target made zero.</summary>
    public long Zeroed => Interlocked.Read(ref _zeroed);

    /// <summary>Bytes that differed in the pass under way.</summary>
    public long Found => Interlocked.Read(ref _found);

    public void AddFetched(long bytes) => Interlocked.Add(ref _fetched, bytes);

    public void AddWritten(long bytes) => Interlocked.Add(ref _written, bytes);

    public void AddZeroed(long bytes) => Interlocked.Add(ref _zeroed, bytes);

    public void AddFound(long bytes) => Interlocked.Add(ref _found, bytes);

    /// <summary>A new pass begins.</summary>
    public void ForgetFound() => Interlocked.Exchange(ref _found, 0);
}
