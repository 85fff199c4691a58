using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Mirror.Dump.Archive.Reading;

/// <summary>Reads frames ahead on a thread of its own and decompresses them on all cores; gives them in order. Used by one thread; the number of frames bounds the memory.</summary>
internal sealed class FrameFeed : IDisposable
{
    private readonly ITapeFrames _frames;
    private readonly int _blockBytes;
    private readonly BlockingCollection<TapeFrame> _free = [], _work = [], _order = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Thread> _threads = [];
    private ExceptionDispatchInfo? _failure;
    private TapeFrame? _current;

    public FrameFeed(ITapeFrames frames, int blockBytes, bool compressed)
    {
        (_frames, _blockBytes) = (frames, blockBytes);
        int workers = compressed ? Environment.ProcessorCount : 0;
        for (int i = 0; i < (2 * workers) + 4; i++) _free.Add(new TapeFrame());
        Start("undump read", ReadAll);
        for (int i = 0; i < workers; i++) Start($"undump inflate {i}", InflateAll);
    }

    /// <summary>The next frame, valid until the next call; decompressed.</summary>
    public TapeFrame Next()
    {
        try
        {
            if (_current is not null) _free.Add(_current);
            _current = _order.Take(_stop.Token);
            if (_current.Kind is FrameKind.Zlib or FrameKind.Bzip2) _current.WaitReady(_stop.Token);
            else if (_current.Kind == FrameKind.Plain) BlockInflater.Inflate(_current, _blockBytes);
            return _current;
        }
        catch (OperationCanceledException)
        {
            _failure?.Throw();
            throw;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        // A pipe that gives nothing can hold the reading thread for ever; the process's end takes it along.
        foreach (Thread thread in _threads)
        {
            if (!thread.Join(TimeSpan.FromSeconds(5))) return;
        }
        _frames.Dispose();
        _stop.Dispose();
        _free.Dispose();
        _work.Dispose();
        _order.Dispose();
    }

    private void Start(string name, Action body)
    {
        Thread thread = new(() =>
        {
            try
            {
                body();
            }
            catch (OperationCanceledException)
            {
                // Over.
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                _stop.Cancel();
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        _threads.Add(thread);
        thread.Start();
    }

    private void ReadAll()
    {
        TapeFrame frame;
        do
        {
            frame = _free.Take(_stop.Token);
            frame.What = "";
            _frames.Next(frame);
            bool packed = frame.Kind is FrameKind.Zlib or FrameKind.Bzip2;
            _order.Add(frame, _stop.Token);
            if (packed) _work.Add(frame, _stop.Token);
        }
        while (frame.Kind != FrameKind.EndOfVolume);
    }

    private void InflateAll()
    {
        foreach (TapeFrame frame in _work.GetConsumingEnumerable(_stop.Token))
        {
            BlockInflater.Inflate(frame, _blockBytes);
            frame.SetReady();
        }
    }
}
