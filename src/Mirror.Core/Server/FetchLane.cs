using System.Threading.Channels;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Answers FETCHes in order on a thread of its own; answers that are due together leave together. Bounded: who puts more than
/// <see cref="WireLimits.MaxUnansweredFetches"/> waits, and the network with him; one buffer of little more than a MiB serves all.
/// </summary>
internal sealed class FetchLane
{
    private const int BufferBytes = WireLimits.MaxWriteBytes + DataMessage.Size;

    private readonly IImageReader _image;
    private readonly ReplyLane _replies;
    private readonly Action<Exception> _failed;
    private readonly Channel<FetchMessage> _queue = Channel.CreateBounded<FetchMessage>(
        new BoundedChannelOptions(WireLimits.MaxUnansweredFetches) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _bytesFetched;

    /// <summary>Starts the thread.</summary>
    /// <param name="image">What is read.</param>
    /// <param name="replies">Where the data goes.</param>
    /// <param name="name">For the thread.</param>
    /// <param name="failed">Called once, when the image cannot be read.</param>
    public FetchLane(IImageReader image, ReplyLane replies, string name, Action<Exception> failed)
    {
        _image = image;
        _replies = replies;
        _failed = failed;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Bytes of data sent so far.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytesFetched);

    /// <summary>Takes a request, and waits while too many are unanswered.</summary>
    public ValueTask PutAsync(in FetchMessage request, CancellationToken cancellation) => _queue.Writer.WriteAsync(request, cancellation);

    /// <summary>Drops what is not answered.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>The same, and waits for the thread.</summary>
    public void Close()
    {
        Stop();
        _thread.Join();
    }

    private void Run()
    {
        try
        {
            while (_queue.Reader.WaitToReadAsync(_stop.Token).AsTask().GetAwaiter().GetResult())
            {
                int used = 0;
                while (_queue.Reader.TryPeek(out FetchMessage request))
                {
                    if (used + DataMessage.Size + request.Bytes > _buffer.Length)
                    {
                        used = Send(used);
                        _stop.Token.ThrowIfCancellationRequested();
                    }
                    used += new DataMessage(request.FirstSector, request.Bytes).Encode(_buffer.AsSpan(used));
                    _image.Read(request.Offset, _buffer.AsSpan(used, request.Bytes));
                    used += request.Bytes;
                    Interlocked.Add(ref _bytesFetched, request.Bytes);
                    _queue.Reader.TryRead(out _);
                }
                Send(used);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
        catch (Exception e)
        {
            _failed(e);
        }
    }

    private int Send(int used)
    {
        if (used > 0) _replies.Send(_buffer.AsMemory(0, used));
        return 0;
    }
}
