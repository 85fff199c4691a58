using Microsoft.Extensions.Logging;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// One connection that reads a view of a volume, from RESTORE_VIEW to its end.
/// <code>
///   reader (this) --> HashLane  --> HASHES
///                 '-> FetchLane --> DATA
/// </code>
/// It changes nothing and holds nothing up: no lane of the volume's mirror is used. Owns neither view nor connection.
/// </summary>
internal sealed class RestoreSession
{
    private readonly string _volume;
    private readonly IVolumeConnection _connection;
    private readonly FrameReader _reader;
    private readonly VolumeLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ReplyLane _replies;
    private readonly HashLane _hashes;
    private readonly FetchLane _fetches;
    private readonly CancellationTokenSource _stop = new();
    private RefusalException? _why;     // the first reason wins
    private RestorePhase _phase = RestorePhase.Reading;
    private volatile bool _reading;

    /// <summary>Takes a connection whose RESTORE_BEGIN was accepted; the answer is sent by <see cref="RunAsync"/>.</summary>
    public RestoreSession(string volume, IImageReader view, RestoreViewMessage answer, IVolumeConnection connection, FrameReader reader,
        PayloadBudget memory, VolumeLimits limits, TimeProvider clock, ILogger logger)
    {
        _volume = volume;
        _connection = connection;
        _reader = reader;
        _limits = limits;
        _clock = clock;
        _logger = logger;
        Answer = answer;
        _replies = new ReplyLane(connection, clock);
        _hashes = new HashLane(view, null, answer.HashKey, _replies, memory, limits.HashWorkers, $"{volume} restore hash", OnFailed);
        _fetches = new FetchLane(view, _replies, $"{volume} restore", OnFailed);
    }

    /// <summary>What the client is told first.</summary>
    public RestoreViewMessage Answer { get; }

    /// <summary>Bytes of data sent so far.</summary>
    public long BytesFetched => _fetches.BytesFetched;

    /// <summary>Ends the connection from outside. The first reason is the one that the client hears.</summary>
    public void Stop(RefusalException why)
    {
        Interlocked.CompareExchange(ref _why, why, null);
        StopLanes();
    }

    /// <summary>Serves until the connection has ended and nothing reads the view any more. Never throws; says why it ended, null for the client's own end.</summary>
    public async Task<Exception?> RunAsync()
    {
        using var watching = new CancellationTokenSource();
        Task watch = new PeerWatch(_replies, () => _reader.BytesRead, () => _reading, OnSilent, _limits, _clock).RunAsync(watching.Token);
        Exception? cause = null;
        try
        {
            await _replies.SendAsync(Answer).ConfigureAwait(false);
            await ReadAllAsync().ConfigureAwait(false);
        }
        catch (RefusalException e)
        {
            Stop(e);
        }
        catch (ProtocolException e)
        {
            Stop(new RefusalException(RefusalCode.BadRequest, $"Volume {_volume}: {e.Message}", 0, e));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The reason is in _why.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            cause = e;      // the network
        }
        catch (Exception e)
        {
            cause = e;      // a fault of this program: it ends this connection, and is seen in the log
            VolumeLog.Unexpected(_logger, _volume, _connection.Peer, e);
        }
        if (_why is { } refusal) await _replies.EndAsync(Intake.Refused(refusal), _limits.Goodbye).ConfigureAwait(false);
        else if (_phase != RestorePhase.Ended) _connection.Abort();
        await StoreWork.Run(() =>
        {
            _hashes.Close();
            _fetches.Close();
        }).ConfigureAwait(false);
        await _replies.EndAsync(null, _limits.Goodbye).ConfigureAwait(false);
        await watching.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        if (_why is not null || _phase == RestorePhase.Ended) await _connection.FinishAsync(_limits.Goodbye).ConfigureAwait(false);
        return _why ?? cause;
    }

    private async Task ReadAllAsync()
    {
        CancellationToken stop = _stop.Token;
        while (_phase != RestorePhase.Ended)
        {
            _reading = true;
            MessageType type = await _reader.ReadAsync(stop).ConfigureAwait(false);
            _reading = false;
            _phase = RestoreStateMachine.Next(_phase, type)
                ?? throw new RefusalException(RefusalCode.BadRequest, $"Volume {_volume}: {type.WireName()} is not allowed in a restore.");
            switch (type)
            {
                case MessageType.HashRequest:
                    _hashes.Put(_reader.Message<HashRequestMessage>(), known: false);
                    break;
                case MessageType.Fetch:
                    await _fetches.PutAsync(_reader.Message<FetchMessage>(), stop).ConfigureAwait(false);
                    break;
            }
        }
    }

    private void OnFailed(Exception e) => Stop(new RefusalException(RefusalCode.StoreFailed,
        $"Volume {_volume}: the image cannot be read. {e.Message} See to the server's storage, or restore a snapshot.", _limits.StoreRetrySeconds, e));

    private void OnSilent()
    {
        VolumeLog.Silent(_logger, _volume, _connection.Peer, _limits.Silence.TotalSeconds);
        StopLanes();
        _connection.Abort();
    }

    /// <summary>The hash lane blocks the reader while it is full, so it must end before the reader can.</summary>
    private void StopLanes()
    {
        _hashes.Stop();
        _fetches.Stop();
        _stop.Cancel();
    }
}
