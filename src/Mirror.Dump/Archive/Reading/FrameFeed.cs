using System.Collections.Concurrent;

namespace Mirror.Dump.Archive.Reading;

/// <summary>
/// Reads frames ahead on a thread of its own and decompresses them on all cores; gives them in order. They go from stage to stage in batches of about
/// <see cref="BatchBytes"/>, so that handing them on costs little. Used by one thread; the number of batches bounds the memory.
/// </summary>
internal sealed class FrameFeed : IDisposable
{
    private const int BatchBytes = 256 << 10;

    private readonly ITapeFrames _frames;
    private readonly int _blockBytes;
    private readonly BlockingCollection<FrameBatch> _free = [], _work = [], _order = [];
    private readonly StageThreads _stages = new();
    private FrameBatch? _current;
    private int _given;
    private volatile bool _ended;

    public FrameFeed(ITapeFrames frames, int blockBytes, bool compressed)
    {
        (_frames, _blockBytes) = (frames, blockBytes);
        int workers = compressed ? Environment.ProcessorCount : 0;
        for (int i = 0; i < (2 * workers) + 4; i++) _free.Add(new FrameBatch(Math.Max(1, BatchBytes / frames.FrameBytes)));
        _stages.Start("undump read", ReadAll);
        for (int i = 0; i < workers; i++) _stages.Start($"undump inflate {i}", InflateAll);
    }

    /// <summary>The next frame, valid until the next call; decompressed.</summary>
    public TapeFrame Next()
    {
        try
        {
            if (_current is null || _given == _current.Count)
            {
                if (_current is not null) _free.Add(_current);
                _current = null;
                _current = _order.Take(_stages.Token);
                _given = 0;
                if (_current.NeedsWork) _current.WaitReady(_stages.Token);
            }
            TapeFrame frame = _current.Frames[_given++];
            if (frame.Kind == FrameKind.Plain) frame.TakeAsItIs();
            return frame;
        }
        catch (OperationCanceledException)
        {
            _stages.ThrowIfFailed();
            throw;
        }
    }

    public void Dispose()
    {
        // Nothing is thrown in threads that only end: cold, that would be a good part of the time that one file takes.
        _ended = true;
        _free.CompleteAdding();
        // A pipe that gives nothing can hold the reading thread for ever; the process's end takes it along.
        if (!_stages.Join(TimeSpan.FromSeconds(5)))
        {
            _stages.Cancel();
            return;
        }
        _frames.Dispose();
        _stages.Dispose();
        _free.Dispose();
        _work.Dispose();
        _order.Dispose();
    }

    private void ReadAll()
    {
        try
        {
            while (_free.TryTake(out FrameBatch? batch, Timeout.Infinite, _stages.Token) && !_ended)
            {
                batch.Fill(_frames, _stages.Token);
                _order.Add(batch);
                if (batch.NeedsWork) _work.Add(batch);
                if (batch.EndsVolume) break;
            }
        }
        finally
        {
            _work.CompleteAdding();
        }
    }

    private void InflateAll()
    {
        BlockInflater inflater = new();
        while (_work.TryTake(out FrameBatch? batch, Timeout.Infinite, _stages.Token) && !_ended)
        {
            batch.Inflate(inflater, _blockBytes);
            batch.SetReady();
        }
    }
}
