using System.Net.Sockets;
using System.Text.Json;
using Mirror.Core.Client;

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
        Answers answers = await FindAsync(null, cancellation).ConfigureAwait(false);
        return new ControlSurvey(answers.Found.Select(f => f.Status).ToArray(), answers.Unresponsive) { Servers = answers.Servers.Select(s => s.Process).ToArray() };
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

    /// <summary>The history of a volume; see <see cref="IHistoryRole.SnapshotsAsync"/>.</summary>
    public async Task<SnapshotHistory> SnapshotsAsync(string volume, CancellationToken cancellation) =>
        (await HistoryAsync(new ControlRequest { Request = ControlVerb.Snapshots, Volume = volume }, cancellation).ConfigureAwait(false)).History ?? new SnapshotHistory(volume, null, []);

    /// <summary>Takes a snapshot; see <see cref="IHistoryRole.NewSnapshotAsync"/>.</summary>
    public async Task<SnapshotInfo> NewSnapshotAsync(string volume, string? name, CancellationToken cancellation) =>
        (await HistoryAsync(new ControlRequest { Request = ControlVerb.NewSnapshot, Volume = volume, Name = name }, cancellation).ConfigureAwait(false)).History is { Snapshots: [var taken] }
            ? taken : throw new MirrorControlException($"Volume {volume}: the server did not say which snapshot it took.");

    /// <summary>Removes a snapshot; see <see cref="IHistoryRole.RemoveSnapshotAsync"/>.</summary>
    public Task RemoveSnapshotAsync(string volume, string name, CancellationToken cancellation) =>
        HistoryAsync(new ControlRequest { Request = ControlVerb.RemoveSnapshot, Volume = volume, Name = name }, cancellation);

    /// <summary>Sets the rule of a volume's history; see <see cref="IHistoryRole.SetSnapshotRuleAsync"/>.</summary>
    public Task SetSnapshotRuleAsync(string volume, string? rule, CancellationToken cancellation) =>
        HistoryAsync(new ControlRequest { Request = ControlVerb.SnapshotRule, Volume = volume, Rule = rule }, cancellation);

    /// <summary>Gives a volume another name; see <see cref="IStoreHost.RenameVolumeAsync"/>.</summary>
    public Task RenameVolumeAsync(string volume, string to, CancellationToken cancellation) =>
        HistoryAsync(new ControlRequest { Request = ControlVerb.RenameVolume, Volume = volume, To = to }, cancellation);

    /// <summary>Deletes a volume; see <see cref="IStoreHost.DeleteVolumeAsync"/>.</summary>
    public async Task<DeletedVolume> DeleteVolumeAsync(string volume, TimeSpan minimumAge, CancellationToken cancellation) =>
        (await HistoryAsync(new ControlRequest { Request = ControlVerb.DeleteVolume, Volume = volume, MinimumAge = minimumAge.TotalSeconds }, cancellation).ConfigureAwait(false)).Deleted
            ?? throw new MirrorControlException($"Volume {volume}: the server did not say what it deleted.");

    /// <summary>Takes a volume out of service; see <see cref="IStoreHost.ReleaseVolumeAsync"/>.</summary>
    public async Task<string> ReleaseVolumeAsync(string volume, CancellationToken cancellation) =>
        (await HistoryAsync(new ControlRequest { Request = ControlVerb.ReleaseVolume, Volume = volume }, cancellation).ConfigureAwait(false)).Directory
            ?? throw new MirrorControlException($"Volume {volume}: the server did not say where it is.");

    /// <summary>Takes a volume into service; see <see cref="IStoreHost.TakeVolumeAsync"/>.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="server">The server's name, store or process id; null where only one runs.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task TakeVolumeAsync(string volume, string? server, CancellationToken cancellation)
    {
        (string socket, MirrorProcess process) = await ServerAsync(server, cancellation).ConfigureAwait(false);
        await AskAsync(socket, new ControlRequest { Request = ControlVerb.TakeVolume, Volume = volume }, $"Server {process.Name}", process.Pid, cancellation).ConfigureAwait(false);
    }

    /// <summary>A server of this host.</summary>
    /// <param name="server">Its name, store or process id; null where only one runs.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<MirrorProcess> FindServerAsync(string? server, CancellationToken cancellation) => (await ServerAsync(server, cancellation).ConfigureAwait(false)).Process;

    /// <summary>Ends a server, also one without volumes.</summary>
    /// <param name="server">Its name, store or process id; null where only one runs.</param>
    /// <param name="cancellation">Gives up waiting; the server stops all the same.</param>
    /// <returns>What was ended.</returns>
    public async Task<MirrorProcess> StopServerAsync(string? server, CancellationToken cancellation)
    {
        (string socket, MirrorProcess process) = await ServerAsync(server, cancellation).ConfigureAwait(false);
        await AskAsync(socket, new ControlRequest { Request = ControlVerb.Shutdown }, $"Server {process.Name}", process.Pid, cancellation).ConfigureAwait(false);
        return process;
    }

    private async Task<(string Socket, MirrorProcess Process)> ServerAsync(string? server, CancellationToken cancellation)
    {
        Answers answers = await FindAsync(null, cancellation).ConfigureAwait(false);
        (string Socket, MirrorProcess Process)[] meant = [.. answers.Servers.Where(s => server is null || Means(s.Process, server))];
        string all = string.Join(", ", answers.Servers.Select(s => $"{s.Process.Name} (process {s.Process.Pid}, {s.Process.Place})"));
        if (meant.Length == 0)
        {
            string those = answers.Servers.Count == 0 ? "" : $" Those that do: {all}.";
            string none = server is null || answers.Servers.Count == 0 ? "No server runs on this host" : $"No server '{server}' runs on this host";
            throw new MirrorControlException($"{none}{answers.Also}.{those}") { Failure = ControlFailure.NotRunning };
        }
        if (meant.Length > 1) throw new MirrorControlException($"Several servers run on this host: {all}. Name one, by its name, store or process.") { Failure = ControlFailure.Ambiguous };
        return meant[0];
    }

    private static bool Means(MirrorProcess process, string server) =>
        process.Name == server || process.Place == server || (int.TryParse(server, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int pid) && process.Pid == pid);

    /// <summary>Compares disk and image of a volume; see <see cref="IMirrorRole.VerifyAsync"/>. Giving up ends the verify.</summary>
    public async Task<VerifyResult> VerifyAsync(string volume, VerifyRequest verify, CancellationToken cancellation)
    {
        ControlReply reply = await ReplyAsync(new ControlRequest { Request = ControlVerb.Verify, Volume = volume, Limit = verify.Limit, Repair = verify.Repair }, cancellation).ConfigureAwait(false);
        return reply.Verify ?? throw new MirrorControlException($"Volume {volume}: its process is too old to verify. Restart it with this release.");
    }

    private async Task<MirrorStatus> AskAsync(ControlRequest request, CancellationToken cancellation) => (await ReplyAsync(request, cancellation).ConfigureAwait(false)).Volumes[0];

    /// <summary>Sends a request to the process that has the volume; where both ends run on this host, to the client.</summary>
    private async Task<ControlReply> ReplyAsync(ControlRequest request, CancellationToken cancellation)
    {
        Answers answers = await FindAsync(request.Volume, cancellation).ConfigureAwait(false);
        if (answers.Found is not [(string socket, MirrorStatus status), ..])
            throw new MirrorControlException($"Volume {request.Volume} does not run on this host{answers.Also}. 'diskmirror status' shows what does.") { Failure = ControlFailure.NotRunning };
        ControlReply reply = await AskAsync(socket, request, $"Volume {request.Volume}", status.Pid, cancellation).ConfigureAwait(false);
        return reply.Volumes.Count == 1 ? reply : reply with { Volumes = [status] };
    }

    /// <summary>Sends a request to the server that has the volume.</summary>
    private async Task<ControlReply> HistoryAsync(ControlRequest request, CancellationToken cancellation)
    {
        Answers answers = await FindAsync(request.Volume, cancellation).ConfigureAwait(false);
        foreach ((string socket, MirrorStatus status) in answers.Found)
        {
            if (status.Role == MirrorRole.Server) return await AskAsync(socket, request, $"Volume {request.Volume}", status.Pid, cancellation).ConfigureAwait(false);
        }
        throw new MirrorControlException($"No server of volume {request.Volume} runs on this host{answers.Also}. History is kept where the image is: ask there.") { Failure = ControlFailure.NotRunning };
    }

    private static async Task<ControlReply> AskAsync(string socket, ControlRequest request, string what, int pid, CancellationToken cancellation)
    {
        try
        {
            ControlReply reply = await ExchangeAsync(socket, request, cancellation).ConfigureAwait(false);
            return reply.Ok ? reply : throw new MirrorControlException(reply.Error ?? $"{what}: refused without a reason.") { Failure = reply.Failure };
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            throw new MirrorControlException($"{what}: process {pid} ended before it answered ({e.Message}). See 'diskmirror status'.", e);
        }
    }

    private async Task<Answers> FindAsync(string? volume, CancellationToken cancellation)
    {
        ControlRequest request = new() { Request = ControlVerb.Status, Volume = volume };
        (string Socket, ControlReply? Reply, string? Trouble)[] answers = await Task.WhenAll(
            directory.Sockets().Select(s => TryStatusAsync(s, request, cancellation))).ConfigureAwait(false);
        var found = answers.Where(a => a.Reply is not null).SelectMany(a => a.Reply!.Volumes.Select(v => (a.Socket, v)))
            .OrderBy(f => f.v.Volume, StringComparer.Ordinal).ThenBy(f => f.v.Role).ThenBy(f => f.v.Pid).ToArray();
        var servers = answers.Where(a => a.Reply?.Process is { Role: MirrorRole.Server }).Select(a => (a.Socket, a.Reply!.Process!))
            .OrderBy(s => s.Item2.Name, StringComparer.Ordinal).ThenBy(s => s.Item2.Pid).ToArray();
        return new Answers(found, servers, answers.Where(a => a.Trouble is not null).Select(a => a.Trouble!).ToArray());
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

    /// <summary>What the processes of this host said.</summary>
    private sealed record Answers(IReadOnlyList<(string Socket, MirrorStatus Status)> Found, IReadOnlyList<(string Socket, MirrorProcess Process)> Servers, IReadOnlyList<string> Unresponsive)
    {
        /// <summary>Those that did not answer, for the end of a message.</summary>
        public string Also => Unresponsive.Count == 0 ? "" : $" ({string.Join("; ", Unresponsive)})";
    }
}
