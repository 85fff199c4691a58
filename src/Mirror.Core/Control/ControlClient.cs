using System.Net.Sockets;
using System.Text.Json;

namespace Mirror.Core.Control;

/// <summary>Finds every client and server that runs on this host, and passes requests to them. Without state: may be kept and shared.</summary>
public sealed class ControlClient(ControlDirectory directory)
{
    /// <summary>
    /// Asks all processes at once. Sockets of dead processes are removed on the way; a process that does not answer within 2 s is
    /// reported and not waited for.
    /// </summary>
    /// <exception cref="MirrorControlException">The directory cannot be read.</exception>
    public async Task<ControlSurvey> SurveyAsync(CancellationToken cancellation)
    {
        (IReadOnlyList<(string, MirrorStatus)> found, IReadOnlyList<string> unresponsive) = await FindAsync(null, cancellation).ConfigureAwait(false);
        return new ControlSurvey(found.Select(f => f.Item2).ToArray(), unresponsive);
    }

    /// <summary>Completes when everything written before the call is committed; see <see cref="IMirrorRole.WaitIdleAsync"/>.</summary>
    /// <returns>The status then.</returns>
    public Task<MirrorStatus> WaitIdleAsync(string volume, CancellationToken cancellation) =>
        AskAsync(new ControlRequest { Request = ControlVerb.WaitIdle, Volume = volume }, cancellation);

    /// <summary>Asks the client of a volume for a new scan.</summary>
    public Task<MirrorStatus> RescanAsync(string volume, CancellationToken cancellation) =>
        AskAsync(new ControlRequest { Request = ControlVerb.Rescan, Volume = volume }, cancellation);

    /// <summary>Accepts another disk behind a volume; see <see cref="IMirrorRole.AdoptAsync"/>.</summary>
    public Task<MirrorStatus> AdoptAsync(string volume, bool replace, CancellationToken cancellation) =>
        AskAsync(new ControlRequest { Request = ControlVerb.Adopt, Volume = volume, Replace = replace }, cancellation);

    /// <summary>Ends the client of a volume; see <see cref="IMirrorRole.StopAsync"/>.</summary>
    public Task<MirrorStatus> StopAsync(string volume, bool keepTracking, CancellationToken cancellation) =>
        AskAsync(new ControlRequest { Request = ControlVerb.Stop, Volume = volume, KeepTracking = keepTracking }, cancellation);

    /// <summary>Sends a request to the process that has the volume; where both ends run on this host, to the client.</summary>
    private async Task<MirrorStatus> AskAsync(ControlRequest request, CancellationToken cancellation)
    {
        (IReadOnlyList<(string Socket, MirrorStatus Status)> found, IReadOnlyList<string> unresponsive) =
            await FindAsync(request.Volume, cancellation).ConfigureAwait(false);
        if (found.Count == 0)
        {
            string also = unresponsive.Count == 0 ? "" : $" ({string.Join("; ", unresponsive)})";
            throw new MirrorControlException($"Volume {request.Volume} does not run on this host{also}. 'diskmirror status' shows what does.");
        }
        try
        {
            ControlReply reply = await ExchangeAsync(found[0].Socket, request, cancellation).ConfigureAwait(false);
            if (!reply.Ok) throw new MirrorControlException(reply.Error ?? $"Volume {request.Volume}: refused without a reason.");
            return reply.Volumes.Count == 1 ? reply.Volumes[0] : found[0].Status;
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            throw new MirrorControlException($"Volume {request.Volume}: process {found[0].Status.Pid} ended before it answered ({e.Message}). See 'diskmirror status'.", e);
        }
    }

    private async Task<(IReadOnlyList<(string Socket, MirrorStatus Status)>, IReadOnlyList<string>)> FindAsync(string? volume, CancellationToken cancellation)
    {
        ControlRequest request = new() { Request = ControlVerb.Status, Volume = volume };
        (string Socket, ControlReply? Reply, string? Trouble)[] answers = await Task.WhenAll(
            directory.Sockets().Select(s => TryStatusAsync(s, request, cancellation))).ConfigureAwait(false);
        var found = answers.Where(a => a.Reply is not null).SelectMany(a => a.Reply!.Volumes.Select(v => (a.Socket, v)))
            .OrderBy(f => f.v.Volume, StringComparer.Ordinal).ThenBy(f => f.v.Role).ThenBy(f => f.v.Pid).ToArray();
        return (found, answers.Where(a => a.Trouble is not null).Select(a => a.Trouble!).ToArray());
    }

    private static async Task<(string, ControlReply?, string?)> TryStatusAsync(string socket, ControlRequest request, CancellationToken cancellation)
    {
        string name = Path.GetFileName(socket);
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(ControlLimits.Answer);
        try
        {
            ControlReply reply = await ExchangeAsync(socket, request, late.Token).ConfigureAwait(false);
            return reply.Ok ? (socket, reply, null) : (socket, null, $"The process behind {name} answers: {reply.Error}");
        }
        catch (SocketException e) when (ControlDirectory.IsStale(e))
        {
            File.Delete(socket);
            return (socket, null, null);
        }
        catch (SocketException e) when (!File.Exists(socket) || e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return (socket, null, null);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (socket, null, $"The process behind {name} does not answer: it is stopped or overloaded");
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            return File.Exists(socket) ? (socket, null, $"The process behind {name} cannot be asked: {e.Message}") : (socket, null, null);
        }
    }

    private static async Task<ControlReply> ExchangeAsync(string path, ControlRequest request, CancellationToken cancellation)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
        using ControlLines lines = new(socket, ControlLimits.ReplyBytes);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.ControlRequest), (byte)'\n'];
        await lines.WriteAsync(line, cancellation).ConfigureAwait(false);
        ReadOnlyMemory<byte>? answer = await lines.ReadAsync(cancellation).ConfigureAwait(false);
        if (answer is null) throw new IOException("the connection was closed without an answer");
        try
        {
            return JsonSerializer.Deserialize(answer.Value.Span, ControlJson.Default.ControlReply)
                ?? throw new InvalidDataException("the answer is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the answer is not understood: {e.Message}", e);
        }
    }
}
