using System.IO.Enumeration;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Core.Taps;

namespace Mirror.Core.Operations;

/// <summary>
/// What commands and cmdlets do with the mirrors that run on this host, whoever started them. Faces take parameters in and write the
/// results out, nothing else. Failures are <see cref="MirrorControlException"/> with words for the administrator.
/// </summary>
/// <param name="directory">Where the processes' sockets are.</param>
/// <param name="remains">Finds what clients that are gone left in the kernel; null where there are no taps.</param>
public sealed class MirrorOperations(ControlDirectory directory, ITapRemains? remains = null)
{
    /// <summary>How the faces spell the rule that the server was started with.</summary>
    public const string ServerRule = "server";

    /// <summary>The age in seconds that a check allows when nothing else is said.</summary>
    public const double DefaultMaxAgeSeconds = 300;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    // A client that was just started, or is started again by systemd, is not yet, or not just then, to be seen.
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(10);

    private readonly ControlClient client = new(directory);

    /// <summary>Every end of every volume that runs on this host.</summary>
    /// <param name="volume">Only this volume; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ControlSurvey> StatusAsync(string? volume, CancellationToken cancellation)
    {
        ControlSurvey survey = await client.SurveyAsync(cancellation).ConfigureAwait(false);
        return volume is null ? survey : survey with { Volumes = survey.Volumes.Where(v => v.Volume == volume).ToArray() };
    }

    /// <summary>Every end of every volume that runs on this host, as objects that show what is when they are looked at.</summary>
    /// <param name="volume">Only volumes of this name, <c>*</c> and <c>?</c> allowed; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The ends, and one line for each process that does not answer.</returns>
    public async Task<(IReadOnlyList<LiveStatus> Volumes, IReadOnlyList<string> Unresponsive)> LiveStatusAsync(string? volume, CancellationToken cancellation)
    {
        ControlSurvey survey = await client.SurveyAsync(cancellation).ConfigureAwait(false);
        LiveSurvey shared = new(client, survey);
        return (survey.Volumes.Where(v => volume is null || FileSystemName.MatchesSimpleExpression(volume, v.Volume, ignoreCase: false)).Select(v => new LiveStatus(shared, v)).ToArray(), survey.Unresponsive);
    }

    /// <summary>Judges one or all volumes for monitoring: how old is the newest good image (see <see cref="CheckLevel"/>).</summary>
    /// <param name="volume">The volume, which must run then; null for all, of which there must be one.</param>
    /// <param name="maxAge">How old an image may be.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<CheckResult> CheckAsync(string? volume, TimeSpan maxAge, CancellationToken cancellation)
    {
        ControlSurvey survey = await StatusAsync(volume, cancellation).ConfigureAwait(false);
        List<CheckFinding> findings = [.. survey.Volumes.Select(v => CheckRules.Judge(v, maxAge))];
        findings.AddRange(survey.Unresponsive.Select(u => new CheckFinding { Level = CheckLevel.Critical, Message = u + "." }));
        if (survey.Volumes.Count == 0)
        {
            findings.Insert(0, new CheckFinding
            {
                Level = CheckLevel.Critical,
                Volume = volume,
                Message = volume is null
                    ? "No client and no server runs on this host, or the server has no volume yet."
                    : $"{volume}: does not run on this host. 'diskmirror status' shows what does.",
            });
        }
        return new CheckResult(findings.Max(f => f.Level), maxAge.TotalSeconds, findings);
    }

    /// <summary>
    /// Waits until a volume has come to <paramref name="goal"/>. Ends early when it never will by itself: the volume needs the
    /// administrator, or has not run for 10 s.
    /// </summary>
    /// <param name="volume">The volume; where both ends run on this host, the client's end is watched.</param>
    /// <param name="goal">What to wait for.</param>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="progress">Told each status seen, several times a second.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public Task<WaitResult> WaitAsync(string volume, WaitGoal goal, TimeSpan timeout, IProgress<MirrorStatus>? progress, CancellationToken cancellation) =>
        WaitAsync(volume, goal, status => status.State == goal.State, timeout, progress, cancellation);

    private async Task<WaitResult> WaitAsync(string volume, WaitGoal goal, Func<MirrorStatus, bool> reached, TimeSpan timeout, IProgress<MirrorStatus>? progress, CancellationToken cancellation)
    {
        if (goal.Idle && goal.State != MirrorState.Live) throw new MirrorControlException("Only a volume that is Live can be idle: leave --state away, or say --state Live.");
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(timeout);
        MirrorStatus? last = null;
        Task<MirrorStatus>? idle = null;
        long seen = Environment.TickCount64;
        try
        {
            while (true)
            {
                // The first look is always taken: with no time at all, a wait asks whether it is so now.
                ControlSurvey survey = await StatusAsync(volume, last is null ? cancellation : late.Token).ConfigureAwait(false);
                if (survey.Volumes.FirstOrDefault() is { } status)
                {
                    last = status;
                    seen = Environment.TickCount64;
                    progress?.Report(status);
                    if (status.Needs is { } needs && status.State != goal.State)
                        return new WaitResult(false, $"Volume {volume} waits for 'diskmirror {needs.Replace("adopt", $"adopt {volume}", StringComparison.Ordinal)}': {status.LastError}", status, WaitFailure.NeedsAdministrator);
                    if (!goal.Idle && reached(status)) return new WaitResult(true, null, status);
                    if (goal.Idle) idle ??= client.WaitIdleAsync(volume, late.Token);
                }
                else if (Environment.TickCount64 - seen > Absence.TotalMilliseconds)
                {
                    string also = survey.Unresponsive.Count == 0 ? "" : $" ({string.Join("; ", survey.Unresponsive)})";
                    return new WaitResult(false, $"Volume {volume} does not run on this host{also}. 'diskmirror status' shows what does.", last, WaitFailure.NotRunning);
                }
                late.Token.ThrowIfCancellationRequested();
                if (idle is null)
                {
                    await Task.Delay(Poll, late.Token).ConfigureAwait(false);
                }
                else if (await Task.WhenAny(idle, Task.Delay(Poll, late.Token)).ConfigureAwait(false) == idle)
                {
                    try
                    {
                        MirrorStatus status2 = await idle.ConfigureAwait(false);
                        progress?.Report(status2);
                        await ImageAsync(status2, late.Token).ConfigureAwait(false);
                        return new WaitResult(true, null, status2);
                    }
                    catch (MirrorControlException)
                    {
                        // The process ended or does not know the volume any more: look again.
                        idle = null;
                        await Task.Delay(Poll, late.Token).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string at = last is null ? "it was not seen running" : $"it is in state {last.State}{(last.LastError is { } e ? $": {e}" : "")}";
            return new WaitResult(false, $"Volume {volume}: time is over after {Durations.Format(timeout.TotalSeconds)}; {at}.", last, WaitFailure.TimedOut);
        }
        finally
        {
            await late.CancelAsync().ConfigureAwait(false);
            if (idle is not null) _ = idle.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }
    }

    /// <summary>Where the server runs on this host too: waits until its image shows the client's mark, so that it can be read at once. Not for an image that readers hold still.</summary>
    private async Task ImageAsync(MirrorStatus idle, CancellationToken cancellation)
    {
        while (true)
        {
            ControlSurvey survey = await StatusAsync(idle.Volume, cancellation).ConfigureAwait(false);
            MirrorStatus? server = survey.Volumes.FirstOrDefault(v => v.Role == MirrorRole.Server);
            if (server is null or { ImageReaders: > 0 } or { LastError: not null } || server.ImageMark is null || server.ImageMark >= idle.CommittedMark) return;
            await Task.Delay(Poll / 10, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for a new scan of a volume whose client runs on this host.</summary>
    /// <returns>The status after the request was taken.</returns>
    public Task<MirrorStatus> RescanAsync(string volume, CancellationToken cancellation) => client.RescanAsync(volume, cancellation);

    /// <summary>Asks for a new scan, and waits until one has been made and the volume is Live again.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="progress">Told each status seen, several times a second.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>; the scan goes on.</param>
    public async Task<WaitResult> RescanAndWaitAsync(string volume, TimeSpan timeout, IProgress<MirrorStatus>? progress, CancellationToken cancellation)
    {
        MirrorStatus? before = (await StatusAsync(volume, cancellation).ConfigureAwait(false)).Volumes.FirstOrDefault();
        await client.RescanAsync(volume, cancellation).ConfigureAwait(false);
        // The request is taken before it is acted on: Live may still be the state of before, but then no scan has begun since.
        bool Made(MirrorStatus now) => now.State == MirrorState.Live && (now.Scans > (before?.Scans ?? 0) || now.Pid != before?.Pid);
        return await WaitAsync(volume, new WaitGoal(), Made, timeout, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends a server of this host, also one without volumes; its clients go on marking, and come back when it does.</summary>
    /// <param name="server">Its name, store or process id; null where only one runs.</param>
    /// <param name="cancellation">Gives up waiting; the server stops all the same.</param>
    /// <returns>What was ended.</returns>
    public Task<MirrorProcess> StopServerAsync(string? server, CancellationToken cancellation) => client.StopServerAsync(server, cancellation);

    /// <summary>The history of a volume whose server runs on this host.</summary>
    public Task<SnapshotHistory> SnapshotsAsync(string volume, CancellationToken cancellation) => client.SnapshotsAsync(volume, cancellation);

    /// <summary>Takes a snapshot of a volume's last consistent mark.</summary>
    /// <param name="volume">The volume, whose server runs on this host.</param>
    /// <param name="name">Its name; null for one made of the time, which the volume's rule may remove when its time has come.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task<SnapshotInfo> NewSnapshotAsync(string volume, string? name, CancellationToken cancellation) => client.NewSnapshotAsync(volume, name, cancellation);

    /// <summary>Removes a snapshot, and with it what it alone holds.</summary>
    public Task RemoveSnapshotAsync(string volume, string name, CancellationToken cancellation) => client.RemoveSnapshotAsync(volume, name, cancellation);

    /// <summary>Sets the rule by which a volume's snapshots are taken and removed; see <see cref="Store.SnapshotRule"/>.</summary>
    /// <param name="volume">The volume, whose server runs on this host.</param>
    /// <param name="rule">The rule; <c>none</c> for none; null for the one that the server was started with.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public Task SetSnapshotRuleAsync(string volume, string? rule, CancellationToken cancellation) => client.SetSnapshotRuleAsync(volume, rule, cancellation);

    /// <summary>Compares disk and image of a volume whose client runs on this host, while it is Live; see <see cref="IMirrorRole.VerifyAsync"/>.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="request">How fast, and whether to repair.</param>
    /// <param name="progress">Told each status seen meanwhile, once a second; null for none.</param>
    /// <param name="cancellation">Ends the verify.</param>
    public async Task<VerifyResult> VerifyAsync(string volume, VerifyRequest request, IProgress<MirrorStatus>? progress, CancellationToken cancellation)
    {
        Task<VerifyResult> verify = client.VerifyAsync(volume, request, cancellation);
        while (progress is not null && await Task.WhenAny(verify, Task.Delay(ProgressInterval, CancellationToken.None)).ConfigureAwait(false) != verify)
        {
            ControlSurvey survey = await StatusAsync(volume, CancellationToken.None).ConfigureAwait(false);
            if (survey.Volumes.FirstOrDefault() is { } status) progress.Report(status);
        }
        return await verify.ConfigureAwait(false);
    }

    /// <summary>Accepts another disk behind a volume; see <see cref="IMirrorRole.AdoptAsync"/>.</summary>
    /// <returns>The status after the request was taken.</returns>
    public Task<MirrorStatus> AdoptAsync(string volume, bool replace, CancellationToken cancellation) => client.AdoptAsync(volume, replace, cancellation);

    /// <summary>
    /// Ends the client of a volume; see <see cref="IMirrorRole.StopAsync"/>. When none runs, ends at least the tracking that one left in
    /// the kernel, unless it is to be kept.
    /// </summary>
    /// <returns>The last status; null when there was only tracking to end.</returns>
    public async Task<MirrorStatus?> StopAsync(string volume, bool keepTracking, CancellationToken cancellation)
    {
        bool runs = (await StatusAsync(volume, cancellation).ConfigureAwait(false)).Volumes.Any(v => v.Role == MirrorRole.Client);
        // The volume's name becomes part of a path from here on.
        if (!runs && !keepTracking && VolumeName.IsValid(volume) && remains is not null && remains.Remove(volume)) return null;
        return await client.StopAsync(volume, keepTracking, cancellation).ConfigureAwait(false);
    }
}
