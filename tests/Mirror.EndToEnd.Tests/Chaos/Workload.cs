namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// A writer on the mirrored disk that knows what it has on stable storage. It writes on a thread of its own between <see cref="Start"/> and
/// <see cref="Stop"/>.
/// </summary>
internal abstract class Workload
{
    private Thread? _thread;
    private volatile bool _stopping;
    private long _steps;
    private Exception? _failure;

    /// <summary>Steps done since the beginning; grows while the disk can be written.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>The slowest step, with everything that it synced.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>Whether the disk has fallen away under it, as it does at a power cut.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>What is on stable storage now, for <see cref="Verify"/>.</summary>
    public abstract long[] Known();

    /// <summary>Fails unless an image holds all that was <see cref="Known"/>, and is the disk at one instant.</summary>
    /// <param name="device">A block device with the image, or a copy of it that may be written.</param>
    /// <param name="mount">Where it can be mounted.</param>
    /// <param name="known">What must be there.</param>
    public abstract void Verify(string device, string mount, long[] known);

    /// <summary>Makes the disk ready, once.</summary>
    public abstract void Prepare();

    /// <summary>The disk goes away as at a power cut: what is not on it is lost. Comes back recovered.</summary>
    public abstract void CutPower();

    /// <summary>Leaves the disk, so that it can be written as a whole.</summary>
    public abstract void Leave();

    /// <summary>Takes the disk up again.</summary>
    public abstract void Return();

    /// <summary>Begins to write, or goes on.</summary>
    public void Start()
    {
        _stopping = false;
        _failure = null;
        _thread = new Thread(() =>
        {
            try
            {
                while (!_stopping)
                {
                    long began = Environment.TickCount64;
                    Step();
                    TimeSpan took = TimeSpan.FromMilliseconds(Environment.TickCount64 - began);
                    if (took > Slowest) Slowest = took;
                    Interlocked.Increment(ref _steps);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Volatile.Write(ref _failure, e);
            }
        })
        { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends writing.</summary>
    public void Stop()
    {
        _stopping = true;
        _thread?.Join();
        _thread = null;
    }

    /// <summary>Writes a little and syncs it.</summary>
    protected abstract void Step();
}
