using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>
/// Makes marks durable on a thread of its own, while later frames are already being applied. Marks that come while a commit is under way are
/// covered by the next one together. Fields are guarded by <see cref="_unanswered"/>.
/// </summary>
internal sealed class CommitLane
{
    private readonly IImageStore _store;
    private readonly Action<ImageMark> _committed;
    private readonly Action<Exception> _failed;
    private readonly Queue<ulong> _unanswered = new();
    private readonly Thread _thread;
    private bool _noted;        // a mark waits for a commit
    private bool _busy;         // a commit is under way
    private bool _closed;

    /// <summary>Starts the thread.</summary>
    /// <param name="store">What commits.</param>
    /// <param name="name">For the thread.</param>
    /// <param name="committed">Called with each mark that has become durable, before the next commit; answers the client.</param>
    /// <param name="failed">Called once, when a commit or the answer failed; the lane has ended then.</param>
    public CommitLane(IImageStore store, string name, Action<ImageMark> committed, Action<Exception> failed)
    {
        _store = store;
        _committed = committed;
        _failed = failed;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Marks received and not answered.</summary>
    public int Unanswered
    {
        get
        {
            lock (_unanswered) return _unanswered.Count;
        }
    }

    /// <summary>A mark was received; it is noted in the store later, in order.</summary>
    public void Received(ulong n)
    {
        lock (_unanswered) _unanswered.Enqueue(n);
    }

    /// <summary>A mark was noted in the store: from here on a commit covers it.</summary>
    public void Noted()
    {
        lock (_unanswered)
        {
            _noted = true;
            Monitor.PulseAll(_unanswered);
        }
    }

    /// <summary>Blocks until no noted mark waits and no commit is under way, or the lane has ended.</summary>
    public void WaitQuiet()
    {
        lock (_unanswered)
        {
            while ((_noted || _busy) && !_closed) Monitor.Wait(_unanswered);
        }
    }

    /// <summary>Commits what is noted, then ends the thread and waits for it.</summary>
    public void Close()
    {
        lock (_unanswered)
        {
            _closed = true;
            Monitor.PulseAll(_unanswered);
        }
        _thread.Join();
    }

    private void Run()
    {
        try
        {
            while (Next())
            {
                ImageMark mark = _store.Commit();
                lock (_unanswered)
                {
                    while (_unanswered.TryPeek(out ulong n) && n <= mark.N) _unanswered.Dequeue();
                }
                _committed(mark);
                lock (_unanswered)
                {
                    _busy = false;
                    Monitor.PulseAll(_unanswered);
                }
            }
        }
        catch (Exception e)
        {
            lock (_unanswered)
            {
                _closed = true;
                _noted = _busy = false;
                Monitor.PulseAll(_unanswered);
            }
            _failed(e);
        }
    }

    private bool Next()
    {
        lock (_unanswered)
        {
            while (!_noted)
            {
                if (_closed) return false;
                Monitor.Wait(_unanswered);
            }
            _noted = false;
            _busy = true;
            return true;
        }
    }
}
