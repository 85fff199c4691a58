using Mirror.Core.Blocks;

namespace Mirror.Core.Taps;

/// <summary>
/// The tap where writes cannot be seen: no records, empty bitmaps, and sums that never say anything. The client compares the disk again
/// at intervals, and status says why.
/// </summary>
public sealed class RescanOnlyTap : ITap
{
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>Makes one.</summary>
    /// <param name="granuleBytes">Bytes of a granule, as for the other taps.</param>
    /// <param name="reason">Why there is no better tap, or null when it was asked for.</param>
    public RescanOnlyTap(int granuleBytes, string? reason)
    {
        Description = new TapDescription { Kind = TapKind.RescanOnly, MaxRate = TapRate.Off, GranuleBytes = granuleBytes, Reason = reason };
    }

    /// <inheritdoc/>
    public TapDescription Description { get; }

    /// <inheritdoc/>
    public TapRate Rate => TapRate.Off;

    /// <inheritdoc/>
    public long Produced => 0;

    /// <inheritdoc/>
    public long Consumed => 0;

    /// <inheritdoc/>
    public TapCounters Counters => default;

    /// <inheritdoc/>
    public void SetRate(TapRate rate) => ArgumentOutOfRangeException.ThrowIfNotEqual(rate, TapRate.Off);

    /// <inheritdoc/>
    public bool TryPeek(out TapRecord record)
    {
        record = default;
        return false;
    }

    /// <inheritdoc/>
    public void Advance() => throw new InvalidOperationException("Advance without a record that was peeked at.");

    /// <inheritdoc/>
    public void Wait(TimeSpan timeout)
    {
        if (_wake.Wait(timeout))
        {
            while (_wake.Wait(0))
            {
            }
        }
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Release();

    /// <inheritdoc/>
    public bool Flip() => false;

    /// <inheritdoc/>
    public void CopyOldTo(HierarchicalBitmap target)
    {
    }

    /// <inheritdoc/>
    public void Keep(params ReadOnlySpan<HierarchicalBitmap> sets)
    {
    }

    /// <inheritdoc/>
    public void CopyKeptTo(HierarchicalBitmap target)
    {
    }

    /// <inheritdoc/>
    public void MergeOldIntoCurrent()
    {
    }

    /// <inheritdoc/>
    public void ClearOld()
    {
    }

    /// <inheritdoc/>
    public SumsVerdict CheckSums() => SumsVerdict.Undetermined;

    /// <inheritdoc/>
    public void CopyIssuedTo(HierarchicalBitmap target)
    {
    }

    /// <inheritdoc/>
    public void AcceptSums()
    {
    }

    /// <inheritdoc/>
    public void SaveState(ReadOnlySpan<byte> state)
    {
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> LoadState() => default;

    /// <inheritdoc/>
    public void Unpin()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();
}
