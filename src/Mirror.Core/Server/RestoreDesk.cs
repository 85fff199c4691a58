using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Mirror.Core.Blocks;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>
/// Serves the connections that restore one volume, a bounded number at once, beside its mirror and without touching that. <see cref="_lock"/>
/// guards the fields and is held for moments.
/// </summary>
internal sealed class RestoreDesk(string volume, VolumeStore store, Admission admission, PayloadBudget memory, VolumeLimits limits, TimeProvider clock, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly HashSet<RestoreSession> _sessions = [];
    private int _places = limits.RestoresAtOnce;
    private bool _stopping;
    private TaskCompletionSource? _empty;

    /// <summary>Restores that are under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return limits.RestoresAtOnce - _places;
        }
    }

    /// <summary>Serves a proved connection with right <c>restore</c> until it ends. The caller disposes it.</summary>
    public async Task ServeAsync(IVolumeConnection connection, CancellationToken stopping)
    {
        RefusalException refusal;
        try
        {
            using IDisposable place = Enter();
            await ServeOneAsync(connection, stopping).ConfigureAwait(false);
            return;
        }
        catch (RefusalException e)
        {
            refusal = e;
        }
        catch (ProtocolException e)
        {
            refusal = new RefusalException(RefusalCode.BadRequest, $"Volume {volume}: {e.Message}", 0, e);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            VolumeLog.Disconnected(logger, volume, connection.Peer, e.Message);
            connection.Abort();
            return;
        }
        VolumeLog.Refused(logger, connection.Peer, refusal.Code, refusal.Message);
        await new ReplyLane(connection, clock).EndAsync(Intake.Refused(refusal), limits.Goodbye).ConfigureAwait(false);
        await connection.FinishAsync(limits.Goodbye).ConfigureAwait(false);
    }

    /// <summary>Takes no more, ends those that are under way, and waits for them to leave the image alone.</summary>
    public async Task StopAsync()
    {
        Task left;
        lock (_lock)
        {
            _stopping = true;
            foreach (RestoreSession session in _sessions) session.Stop(Stopping());
            if (_places == limits.RestoresAtOnce) return;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            left = _empty.Task;
        }
        try
        {
            await left.WaitAsync(limits.Fence, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A store that hangs keeps its own volume only.
        }
    }

    private async Task ServeOneAsync(IVolumeConnection connection, CancellationToken stopping)
    {
        // A client with this right sends no payload: one buffer, never used, is enough.
        var validator = new FrameValidator(FrameSender.Client);
        using var reader = new FrameReader(connection.Stream, validator, new PayloadPool(1));
        RestoreBeginMessage asked = await BeginAsync(reader, stopping).ConfigureAwait(false);
        bool asItIs = (asked.Flags & RestoreBeginFlags.AsItIs) != 0;
        using RestoreView view = await StoreWork.Run(() => store.OpenRestore(asked.Snapshot, asItIs, stopping)).ConfigureAwait(false);
        ImageMark mark = view.Mark;
        VolumeRecord record = store.Record!;
        validator.VolumeSectors = view.Image.SizeBytes >> Units.SectorShift;
        var answer = new RestoreViewMessage(mark.Consistent ? RestoreViewFlags.Consistent : RestoreViewFlags.None, view.Image.SizeBytes >> Units.SectorShift,
            view.LogicalBlockBytes, ViewId(record, mark, asked.Snapshot), new Bytes32(record.HashKey), mark.N,
            (long)Math.Min(mark.Time, WireLimits.MaxTimeMilliseconds), view.StoredBytes, view.Disk.Text);
        var session = new RestoreSession(volume, view.Image, answer, connection, reader, memory, limits, clock, logger);
        lock (_lock)
        {
            _sessions.Add(session);
            if (_stopping) session.Stop(Stopping());
        }
        VolumeLog.RestoreBegun(logger, volume, connection.Peer, mark.N, mark.Consistent, asked.Snapshot);
        Exception? why = await session.RunAsync().ConfigureAwait(false);
        lock (_lock) _sessions.Remove(session);
        VolumeLog.RestoreEnded(logger, volume, connection.Peer, session.BytesFetched, why?.Message ?? "it has all it needs");
    }

    private async Task<RestoreBeginMessage> BeginAsync(FrameReader reader, CancellationToken stopping)
    {
        using var time = new CancellationTokenSource(limits.Identify, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stopping);
        MessageType type = await reader.ReadAsync(either.Token).ConfigureAwait(false);
        if (type == MessageType.None) throw new IOException("It closed before RESTORE_BEGIN.");
        if (type != MessageType.RestoreBegin) throw new ProtocolException(type, "RESTORE_BEGIN comes first");
        return reader.Message<RestoreBeginMessage>();
    }

    private Place Enter()
    {
        IDisposable? all = admission.TryEnter();
        lock (_lock)
        {
            if (_stopping)
            {
                all?.Dispose();
                throw Stopping();
            }
            if (all is not null && _places > 0)
            {
                _places--;
                return new Place(this, all);
            }
        }
        all?.Dispose();
        throw new RefusalException(RefusalCode.Busy, $"Volume {volume}: as many restores as this server allows at a time are under way.", limits.BusyRetrySeconds);
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (++_places == limits.RestoresAtOnce) _empty?.TrySetResult();
        }
    }

    private RefusalException Stopping() => new(RefusalCode.ShuttingDown, $"Volume {volume}: the server is stopping.", limits.StoreRetrySeconds);

    /// <summary>The same id only for the same content: a restore that was broken off goes on where it was if it is.</summary>
    private static Guid ViewId(VolumeRecord record, in ImageMark mark, string snapshot)
    {
        if (!mark.Consistent) return Guid.NewGuid();
        byte[] digest = SHA256.HashData(System.Text.Encoding.ASCII.GetBytes($"{record.Id:N} {mark.Incarnation:N} {mark.N} {mark.Random} {snapshot}"));
        return new Guid(digest.AsSpan(0, 16), bigEndian: true);
    }

    private sealed class Place(RestoreDesk desk, IDisposable all) : IDisposable
    {
        public void Dispose()
        {
            all.Dispose();
            desk.Leave();
        }
    }
}
