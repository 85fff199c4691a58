using System.Collections.Concurrent;

namespace Mirror.Dump.Encryption;

/// <summary>
/// Writes the blocks of one volume: the caller adds them in order, workers seal batches of them side by side, one thread writes in order.
/// A bounded number of batches is under way; past it, adding waits. Not safe for several callers at once.
/// </summary>
public sealed class SealedVolumeWriter : IDisposable
{
    private const int BatchBytes = 512 << 10;

    private readonly Stream _output;
    private readonly SealedHeader _header;
    private readonly BlockingCollection<SealBatch> _free = [];
    private readonly BlockingCollection<SealBatch> _toSeal = [];
    private readonly BlockingCollection<SealBatch> _toWrite = [];
    private readonly Thread[] _threads;
    private SealBatch? _filling;
    private volatile Exception? _failure;

    internal SealedVolumeWriter(Stream output, ArchiveKeys keys, SealedHeader header, int headerBytes, int workers)
    {
        _output = output;
        _header = header;
        NextBlock = header.FirstBlock;
        Length = headerBytes;
        int capacity = Math.Max(BatchBytes, header.BlockBytes + SealFormat.OverheadBytes);
        for (int i = 0; i < 2 * workers + 2; i++) _free.Add(new SealBatch(capacity));
        _threads = new Thread[workers + 1];
        for (int i = 0; i < workers; i++) _threads[i] = Start("seal", () => SealLane(keys));
        _threads[workers] = Start("write", WriteLane);
    }

    /// <summary>Number of the block that is added next.</summary>
    public long NextBlock { get; private set; }

    /// <summary>Bytes of the volume so far, what is still under way included.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the end block was written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether it was the archive's last volume.</summary>
    internal bool IsLast { get; private set; }

    /// <summary>Adds the next block; its bytes are copied.</summary>
    /// <param name="block">At most as many bytes as the archive's blocks may have.</param>
    /// <returns>Where in the volume the block will begin: what an index keeps beside the block's number.</returns>
    /// <exception cref="IOException">The output failed, for this or an earlier block.</exception>
    public long Add(ReadOnlySpan<byte> block) => Add(block, 0);

    /// <summary>Writes the end block and waits until everything is written. The output is neither flushed nor closed.</summary>
    /// <param name="lastVolume">Whether the archive ends here; else another volume must follow.</param>
    public void Complete(bool lastVolume)
    {
        Add([], SealFormat.LastOfVolume | (lastVolume ? SealFormat.LastOfArchive : 0));
        IsLast = lastVolume;
        Send();
        Stop();
        ThrowIfFailed();
        IsComplete = true;
    }

    /// <summary>Ends the threads. A volume that is not complete stays cut, which a reader will notice.</summary>
    public void Dispose()
    {
        _failure ??= new ObjectDisposedException(nameof(SealedVolumeWriter));
        Stop();
    }

    private long Add(ReadOnlySpan<byte> block, uint flags)
    {
        ThrowIfFailed();
        if (IsComplete) throw new InvalidOperationException("The volume is complete.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block.Length, _header.BlockBytes, nameof(block));
        if (_filling is not null && !_filling.HasRoomFor(block.Length)) Send();
        _filling ??= _free.Take().Reset();
        var head = new BlockHead(NextBlock, block.Length, flags);
        _filling.Add(head, block);
        long at = Length;
        Length += head.SealedBytes;
        NextBlock++;
        return at;
    }

    private void Send()
    {
        if (_filling is null) return;
        _toWrite.Add(_filling);
        _toSeal.Add(_filling);
        _filling = null;
    }

    private void SealLane(ArchiveKeys keys)
    {
        using var cipher = new BlockCipher(keys);
        foreach (SealBatch batch in _toSeal.GetConsumingEnumerable()) batch.Seal(cipher);
    }

    private void WriteLane()
    {
        foreach (SealBatch batch in _toWrite.GetConsumingEnumerable())
        {
            try
            {
                batch.WaitSealed();
                if (_failure is null) _output.Write(batch.Sealed);
            }
            catch (Exception e)
            {
                // Kept for the caller, who sees it at the next block; what comes after is dropped.
                _failure = e;
            }
            _free.Add(batch);
        }
    }

    private void Stop()
    {
        _toSeal.CompleteAdding();
        _toWrite.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure) throw failure is ObjectDisposedException ? failure : new IOException($"The encrypted archive could not be written: {failure.Message}", failure);
    }

    private static Thread Start(string name, Action lane)
    {
        var thread = new Thread(() => lane()) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }
}
