using Mirror.Core.Blocks;
using Mirror.Core.Wire;

namespace Mirror.Core.Restore;

/// <summary>
/// One connection of a restore, from RESTORE_VIEW to its end: sends requests, matches the answers with them, and says ALIVE by itself. When it
/// breaks, everything that waits fails with the same reason. Members may be called from any thread.
/// </summary>
internal sealed class RestoreConnection : IAsyncDisposable
{
    private readonly RestoreOptions _options;
    private readonly AuthenticatedConnection _connection;
    private readonly FrameReader _reader;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly byte[] _frame = new byte[WireLimits.MaxHeadBytes];     // guarded by _turn
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Queue<PendingHashes> _hashes = new();      // guarded by _lock
    private readonly Queue<PendingFetch> _fetches = new();      // guarded by _lock
    private readonly FetchWindow _window = new();
    private readonly Task _receiving;
    private readonly Task _living;
    private Exception? _failure;        // guarded by _lock
    private long _heard, _answered;

    private RestoreConnection(RestoreOptions options, AuthenticatedConnection connection, FrameReader reader, RestoreViewMessage view, TimeProvider clock)
    {
        _options = options;
        _connection = connection;
        _reader = reader;
        _clock = clock;
        View = view;
        _heard = _answered = clock.GetTimestamp();
        _receiving = Task.Run(ReceiveAsync);
        _living = Task.Run(LiveAsync);
    }

    /// <summary>What is read on this connection.</summary>
    public RestoreViewMessage View { get; }

    /// <summary>Bytes of data that have come on this connection.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytesFetched);

    private long _bytesFetched;

    /// <summary>Whether enough has gone over this connection's key.</summary>
    public bool WornOut => Math.Max(_connection.BytesReceived, _connection.BytesSent) >= _options.ConnectionBytes;

    /// <summary>Takes a proved connection over, and asks for the view.</summary>
    /// <exception cref="RestoreRefusedException">The server refuses.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<RestoreConnection> BeginAsync(RestoreOptions options, AuthenticatedConnection connection, TimeProvider clock, CancellationToken cancellation)
    {
        FrameReader? reader = null;
        try
        {
            var validator = new FrameValidator(FrameSender.Server);
            reader = new FrameReader(connection.Stream, validator, new PayloadPool(4));
            var begin = new RestoreBeginMessage(options.AsItIs ? RestoreBeginFlags.AsItIs : RestoreBeginFlags.None, options.Snapshot);
            byte[] frame = new byte[begin.EncodedBytes];
            begin.Encode(frame);
            await connection.Stream.WriteAsync(frame, cancellation).ConfigureAwait(false);
            using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            time.CancelAfter(options.Patience);
            MessageType answer;
            do answer = await reader.ReadAsync(time.Token).ConfigureAwait(false);
            while (answer == MessageType.Alive);
            if (answer == MessageType.Refused) throw new RestoreRefusedException(reader.Message<RefusedMessage>(), options);
            if (answer == MessageType.None) throw new EndOfStreamException($"{options.Server} closed the connection.");
            if (answer != MessageType.RestoreView) throw new ProtocolException(answer, "RESTORE_VIEW was expected");
            RestoreViewMessage view = reader.Message<RestoreViewMessage>();
            validator.VolumeSectors = view.SizeSectors;
            return new RestoreConnection(options, connection, reader, view, clock);
        }
        catch (Exception e)
        {
            reader?.Dispose();
            connection.Dispose();
            if (e is OperationCanceledException && !cancellation.IsCancellationRequested) throw new IOException($"{options.Server} did not answer within {options.Patience.TotalSeconds:0} s.", e);
            throw;
        }
    }

    /// <summary>Asks for the tags of some units.</summary>
    /// <returns>Sixteen bytes each; null when all of these units are zero.</returns>
    public async Task<byte[]?> HashesAsync(HashRequestMessage request)
    {
        var pending = new PendingHashes(request);
        await SendAsync(request, () => _hashes.Enqueue(pending)).ConfigureAwait(false);
        return await pending.Done.Task.ConfigureAwait(false);
    }

    /// <summary>Fetches a range of at most <see cref="FetchWindow.FirstBytes"/> into memory, which must not be touched until the task has ended. When it is
    /// safe on the target the caller says <see cref="Stored"/>: what is lost by a break or a crash is bounded by the window, so it must count until then.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Where the data goes.</param>
    /// <param name="cancellation">Gives up what is not asked for yet.</param>
    public async Task FetchAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        var request = new FetchMessage(offset >> Units.SectorShift, destination.Length);
        await _window.EnterAsync(destination.Length).ConfigureAwait(false);
        if (cancellation.IsCancellationRequested)
        {
            _window.GiveBack(destination.Length);
            cancellation.ThrowIfCancellationRequested();
        }
        var pending = new PendingFetch(request, destination);
        await SendAsync(request, () => _fetches.Enqueue(pending)).ConfigureAwait(false);
        await pending.Done.Task.ConfigureAwait(false);
    }

    /// <summary>What was fetched has been written, or could not be.</summary>
    public void Stored(int bytes, bool success)
    {
        if (success) _window.Stored(bytes);
        else _window.GiveBack(bytes);
    }

    /// <summary>Says the end, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            try
            {
                await SendAsync(default(ByeMessage), () => { }).WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                // The server will notice by itself.
            }
        }
        Fail(new IOException("The connection was closed."));
        await _receiving.ConfigureAwait(false);
        await _living.ConfigureAwait(false);
        _reader.Dispose();
        _connection.Dispose();
    }

    /// <summary>Sends one message. What is expected in answer is noted before it leaves, in the order of sending.</summary>
    private async Task SendAsync<T>(T message, Action note) where T : struct, IMessage<T>
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_lock)
            {
                if (_failure is { } failure) throw Broken(failure);
                if (_hashes.Count + _fetches.Count == 0) Volatile.Write(ref _answered, _clock.GetTimestamp());
                note();
            }
            await _connection.Stream.WriteAsync(_frame.AsMemory(0, message.Encode(_frame)), _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // A refusal may be on its way: what the server says counts more than the broken pipe.
            if (e is not OperationCanceledException) await Task.WhenAny(_receiving, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
            Fail(e);
            lock (_lock) throw Broken(_failure!);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                MessageType type = await _reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _heard, _clock.GetTimestamp());
                switch (type)
                {
                    case MessageType.None:
                        throw new EndOfStreamException($"{_options.Server} closed the connection.");
                    case MessageType.Alive:
                        break;
                    case MessageType.Refused:
                        throw new RestoreRefusedException(_reader.Message<RefusedMessage>(), _options);
                    case MessageType.Hashes:
                        TakeHashes(_reader.Message<HashesMessage>());
                        break;
                    case MessageType.Data:
                        TakeData(_reader.Message<DataMessage>());
                        break;
                    default:
                        throw new ProtocolException(type, "the server may not send this now");
                }
            }
        }
        catch (Exception e) when (e is IOException or ProtocolException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            Fail(e);
        }
    }

    private void TakeHashes(HashesMessage message)
    {
        PendingHashes? pending;
        lock (_lock)
        {
            // What is not answered rightly stays in the queue, and fails with the connection.
            if (!_hashes.TryPeek(out pending) || new HashRequestMessage(message.FirstSector, message.Count, message.UnitBytes) != pending.Request)
                throw new ProtocolException(MessageType.Hashes, "not what was asked for");
            _hashes.Dequeue();
        }
        Volatile.Write(ref _answered, _clock.GetTimestamp());
        pending.Done.TrySetResult(_reader.Payload?.Memory.ToArray());
    }

    private void TakeData(DataMessage message)
    {
        PendingFetch? pending;
        lock (_lock)
        {
            if (!_fetches.TryPeek(out pending) || new FetchMessage(message.FirstSector, message.Bytes) != pending.Request)
                throw new ProtocolException(MessageType.Data, "not what was asked for");
            _fetches.Dequeue();
        }
        _reader.Payload!.Memory.CopyTo(pending.Destination);
        Interlocked.Add(ref _bytesFetched, message.Bytes);
        Volatile.Write(ref _answered, _clock.GetTimestamp());
        pending.Done.TrySetResult();
    }

    private async Task LiveAsync()
    {
        TimeSpan interval = TimeSpan.FromTicks(Math.Min(WireLimits.AliveInterval.Ticks, Math.Min(_options.Silence.Ticks, _options.Patience.Ticks) / 3));
        using var timer = new PeriodicTimer(interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (_clock.GetElapsedTime(Volatile.Read(ref _heard)) > _options.Silence)
                    throw new IOException($"{_options.Server} has been silent for {_options.Silence.TotalSeconds:0.#} s.");
                bool waiting;
                lock (_lock) waiting = _hashes.Count + _fetches.Count > 0;
                if (waiting && _clock.GetElapsedTime(Volatile.Read(ref _answered)) > _options.Patience)
                    throw new IOException($"{_options.Server} is there, but has not answered for {_options.Patience.TotalSeconds:0.#} s: its storage may hang.");
                // A send that is under way says the same, and one that is stuck must not hold up this look at the clock.
                if (_turn.CurrentCount > 0) _ = AliveAsync();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            Fail(e);
        }
    }

    private async Task AliveAsync()
    {
        try
        {
            await SendAsync(default(AliveMessage), () => { }).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Those who wait for answers hear of it.
        }
    }

    /// <summary>Ends everything with the first reason.</summary>
    private void Fail(Exception why)
    {
        List<TaskCompletionSource<byte[]?>> hashes = [];
        List<TaskCompletionSource> fetches = [];
        lock (_lock)
        {
            if (_failure is not null) return;
            _failure = why;
            while (_hashes.TryDequeue(out PendingHashes? pending)) hashes.Add(pending.Done);
            while (_fetches.TryDequeue(out PendingFetch? pending)) fetches.Add(pending.Done);
        }
        _stop.Cancel();
        _connection.Abort();
        foreach (TaskCompletionSource<byte[]?> done in hashes) done.TrySetException(Broken(why));
        foreach (TaskCompletionSource done in fetches) done.TrySetException(Broken(why));
        _window.Close(Broken(why));
    }

    private IOException Broken(Exception why) => why as RestoreRefusedException ?? new IOException($"The connection to {_options.Server} broke: {why.Message}", why);

    private sealed record PendingHashes(HashRequestMessage Request)
    {
        public TaskCompletionSource<byte[]?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record PendingFetch(FetchMessage Request, Memory<byte> Destination)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
