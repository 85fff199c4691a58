using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Mirror.Core.Client;

namespace Mirror.Core.Control;

/// <summary>One connection to a control socket, seen from the process that serves it: requests are answered one after another.</summary>
internal sealed class ControlSession(Socket socket, ControlSession.Handler handler, bool full) : IDisposable
{
    private readonly ControlLines lines = new(socket, ControlLimits.RequestBytes);

    /// <summary>Serves the connection until the peer closes it, says something wrong, or is silent for too long.</summary>
    public async Task RunAsync(CancellationToken ending)
    {
        try
        {
            if (full)
            {
                await SendAsync(Error($"This process already serves {ControlLimits.Connections} control connections. Try again later.")).ConfigureAwait(false);
                return;
            }
            Task<ReadOnlyMemory<byte>?> reading = lines.ReadAsync(ending).AsTask();
            while (await reading.WaitAsync(ControlLimits.Idle, ending).ConfigureAwait(false) is { } line)
            {
                if (Parse(line, out string wrong) is not { } request)
                {
                    await SendAsync(Error(wrong)).ConfigureAwait(false);
                    return;
                }
                reading = lines.ReadAsync(ending).AsTask();
                using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(ending);
                Task<ControlReply> answering = handler.AnswerAsync(request, abandoned.Token);
                // A peer that goes away needs no answer to a wait; everything else is short, or must be done all the same.
                if (request.Request is ControlVerb.WaitIdle or ControlVerb.Verify && await Task.WhenAny(answering, reading).ConfigureAwait(false) == reading
                    && !(reading.IsCompletedSuccessfully && reading.Result is not null)) await abandoned.CancelAsync().ConfigureAwait(false);
                await SendAsync(await answering.ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (InvalidDataException e)
        {
            await TrySendAsync(Error(e.Message)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Silent for too long, the process ends, or the peer is gone.
        }
    }

    public void Dispose() => lines.Dispose();

    private static ControlReply Error(string message, ControlFailure failure = ControlFailure.Refused) => new() { Ok = false, Error = message, Failure = failure };

    private static ControlRequest? Parse(ReadOnlyMemory<byte> line, out string wrong)
    {
        wrong = "";
        try
        {
            Utf8JsonReader reader = new(line.Span, new JsonReaderOptions { MaxDepth = ControlLimits.Depth });
            ControlRequest? request = JsonSerializer.Deserialize(ref reader, ControlJson.Default.ControlRequest);
            if (request is null) wrong = "The request is null.";
            else if (reader.BytesConsumed < line.Length && line.Span[(int)reader.BytesConsumed..].Trim(" \t\r"u8).Length > 0) wrong = "Something follows the request on its line.";
            else if (request.Volume is null && request.Request is not (ControlVerb.Status or ControlVerb.Shutdown)) wrong = "The request names no volume.";
            else return request;
        }
        catch (JsonException e)
        {
            wrong = $"The request is not understood: {e.Message}";
        }
        return null;
    }

    private async Task SendAsync(ControlReply reply)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(reply, ControlJson.Default.ControlReply);
        byte[] line = new byte[json.Length + 1];
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        using CancellationTokenSource late = new(ControlLimits.Send);
        await lines.WriteAsync(line, late.Token).ConfigureAwait(false);
    }

    private async Task TrySendAsync(ControlReply reply)
    {
        try
        {
            await SendAsync(reply).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It does not listen; it will see the connection close.
        }
    }

    /// <summary>Turns requests into replies.</summary>
    internal sealed class Handler(Func<IReadOnlyCollection<IMirrorRole>> roles, ILogger logger, string path, IMirrorHost? host = null)
    {
        /// <summary>Never throws; what went wrong is in the reply.</summary>
        public async Task<ControlReply> AnswerAsync(ControlRequest request, CancellationToken cancellation)
        {
            // Off the reading loop: a role that blocks for a moment must not hold up the socket.
            await Task.Yield();
            try
            {
                if (request.Request == ControlVerb.Status)
                    return new ControlReply { Ok = true, Volumes = Statuses(request.Volume), Process = host?.Process };
                if (request.Request == ControlVerb.Shutdown)
                {
                    if (host is null) throw new MirrorControlException("This process cannot be stopped from here; end it where it was started.");
                    ControlLog.Asked(logger, request.Request, host.Process.Name);
                    await host.ShutdownAsync().ConfigureAwait(false);
                    return new ControlReply { Ok = true, Process = host.Process };
                }
                if (request.Request is ControlVerb.RenameVolume or ControlVerb.DeleteVolume or ControlVerb.ReleaseVolume or ControlVerb.TakeVolume) return await LifeAsync(request, cancellation).ConfigureAwait(false);
                IMirrorRole role = Find(request.Volume!);
                if (request.Request is ControlVerb.Snapshots or ControlVerb.NewSnapshot or ControlVerb.RemoveSnapshot or ControlVerb.SnapshotRule) return await HistoryAsync(role, request, cancellation).ConfigureAwait(false);
                if (request.Request != ControlVerb.WaitIdle) ControlLog.Asked(logger, request.Request, request.Volume!);
                if (request.Request == ControlVerb.Verify)
                {
                    if (request.Limit < 0) throw new MirrorControlException($"Volume {request.Volume}: a limit of {request.Limit} bytes a second is impossible.");
                    VerifyResult found = await role.VerifyAsync(new VerifyRequest(request.Limit, request.Repair), cancellation).ConfigureAwait(false);
                    return new ControlReply { Ok = true, Verify = found, Volumes = [role.Status] };
                }
                await (request.Request switch
                {
                    ControlVerb.WaitIdle => role.WaitIdleAsync(cancellation).WaitAsync(cancellation),
                    ControlVerb.Rescan => role.RescanAsync(cancellation),
                    ControlVerb.Adopt => role.AdoptAsync(request.Replace, cancellation),
                    // Once begun it goes on, whether or not somebody waits for it and although it is itself what ends this process.
                    ControlVerb.Stop => role.StopAsync(request.KeepTracking, CancellationToken.None),
                    _ => throw new MirrorControlException($"The request {request.Request} is not known."),
                }).ConfigureAwait(false);
                return new ControlReply { Ok = true, Volumes = [role.Status] };
            }
            catch (MirrorControlException e)
            {
                ControlLog.Refused(logger, path, e.Message);
                return Error(e.Message, e.Failure);
            }
            catch (OperationCanceledException)
            {
                return Error($"Volume {request.Volume}: the process stopped before this came about.");
            }
            catch (Exception e)
            {
                ControlLog.Failed(logger, e);
                return Error($"Volume {request.Volume}: {e.Message}");
            }
        }

        private async Task<ControlReply> HistoryAsync(IMirrorRole role, ControlRequest request, CancellationToken cancellation)
        {
            if (role is not IHistoryRole history)
                throw new MirrorControlException($"Volume {request.Volume}: its history is where the image is. On the server's host: diskmirror snapshot list {request.Volume}");
            if (request.Request != ControlVerb.Snapshots) ControlLog.Asked(logger, request.Request, request.Volume!);
            SnapshotHistory? found = null;
            switch (request.Request)
            {
                case ControlVerb.Snapshots:
                    found = await history.SnapshotsAsync(cancellation).ConfigureAwait(false);
                    break;
                case ControlVerb.NewSnapshot:
                    found = new SnapshotHistory(request.Volume!, null, [await history.NewSnapshotAsync(request.Name, cancellation).ConfigureAwait(false)]);
                    break;
                case ControlVerb.RemoveSnapshot:
                    await history.RemoveSnapshotAsync(request.Name ?? throw new MirrorControlException("The request names no snapshot."), cancellation).ConfigureAwait(false);
                    break;
                default:
                    await history.SetSnapshotRuleAsync(request.Rule, cancellation).ConfigureAwait(false);
                    break;
            }
            return new ControlReply { Ok = true, Volumes = [role.Status], History = found };
        }

        private async Task<ControlReply> LifeAsync(ControlRequest request, CancellationToken cancellation)
        {
            string volume = request.Volume!;
            if (host is not IStoreHost store) throw new MirrorControlException($"Volume {volume}: this process keeps no store. Ask the server, on its host.");
            ControlLog.Asked(logger, request.Request, volume);
            ControlReply reply = new() { Ok = true, Process = host.Process };
            switch (request.Request)
            {
                case ControlVerb.RenameVolume:
                    await store.RenameVolumeAsync(volume, request.To ?? throw new MirrorControlException("The request names no new name."), cancellation).ConfigureAwait(false);
                    return reply with { Volumes = Statuses(request.To) };
                case ControlVerb.DeleteVolume:
                    if (!(request.MinimumAge >= 0 && request.MinimumAge < TimeSpan.MaxValue.TotalSeconds)) throw new MirrorControlException($"An age of {request.MinimumAge} s is impossible.") { Failure = ControlFailure.Invalid };
                    return reply with { Deleted = await store.DeleteVolumeAsync(volume, TimeSpan.FromSeconds(request.MinimumAge), cancellation).ConfigureAwait(false) };
                case ControlVerb.ReleaseVolume:
                    return reply with { Directory = await store.ReleaseVolumeAsync(volume, cancellation).ConfigureAwait(false) };
                default:
                    await store.TakeVolumeAsync(volume, cancellation).ConfigureAwait(false);
                    return reply with { Volumes = Statuses(volume) };
            }
        }

        private IMirrorRole Find(string volume) =>
            roles().FirstOrDefault(r => r.Status.Volume == volume)
            ?? throw new MirrorControlException($"Volume {volume} is not in this process.");

        private List<MirrorStatus> Statuses(string? volume)
        {
            List<MirrorStatus> all = [];
            foreach (IMirrorRole role in roles())
            {
                MirrorStatus status = role.Status;
                if (volume is null || status.Volume == volume) all.Add(status);
            }
            return all;
        }
    }
}
