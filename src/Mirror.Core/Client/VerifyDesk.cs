using Microsoft.Extensions.Logging;
using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>Takes requests to verify a volume, one at a time, and hands each to the sessions that come and go until it is done. Safe for several threads.</summary>
/// <param name="memory">What outlives a connection.</param>
/// <param name="log">Where events go.</param>
/// <param name="stopping">The client stops.</param>
internal sealed partial class VerifyDesk(ClientMemory memory, ILogger log, CancellationToken stopping)
{
    private readonly ILogger _log = log;
    private readonly Lock _lock = new();
    private Session? _session;      // guarded by _lock
    private VerifyJob? _job;        // guarded by _lock
    private VerifyResult? _last;    // guarded by _lock

    /// <summary>How far the one under way is; null when none is.</summary>
    public VerifyProgress? Progress
    {
        get
        {
            lock (_lock) return _job?.Progress;
        }
    }

    /// <summary>What the last one found since the client's start; null before.</summary>
    public VerifySummary? Last
    {
        get
        {
            lock (_lock) return _last is { } v ? new VerifySummary(v.Ended, v.ComparedBytes, v.DifferingBytes, v.BusyBytes, v.RepairedBytes) : null;
        }
    }

    private string Volume => memory.Options.Volume;

    /// <summary>A session begins (it gets what is under way) or has ended (null).</summary>
    public void Attach(Session? session)
    {
        lock (_lock)
        {
            _session = session;
            if (_job is { } job) session?.Verify(job);
        }
    }

    /// <summary>Compares disk and image; <see cref="IMirrorRole.VerifyAsync"/>.</summary>
    /// <exception cref="MirrorControlException">The writes to this disk are not seen one by one, or a verify is under way.</exception>
    public async Task<VerifyResult> RunAsync(VerifyRequest request, CancellationToken cancellation)
    {
        if (memory.Tap.Description.Kind == TapKind.RescanOnly)
        {
            throw new MirrorControlException($"Volume {Volume}: writes to this disk are not seen one by one ({memory.Tap.Description.Reason ?? "rescan-only"}), so nothing can be "
                + $"compared while it is in use. 'diskmirror rescan {Volume}' compares and sends what differs.");
        }
        VerifyJob job;
        lock (_lock)
        {
            if (_job is not null) throw new MirrorControlException($"Volume {Volume}: a verify is under way already ('diskmirror status' shows how far it is).");
            _job = job = new VerifyJob(request, memory.Disk.SizeBytes, memory.Clock);
            _session?.Verify(job);
        }
        LogVerifyBegun(Volume, request.Limit > 0 ? request.Limit : VerifyRequest.DefaultLimit, request.Repair);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
            using CancellationTokenRegistration end = either.Token.Register(() => job.Fail(new OperationCanceledException("The verify was ended.")));
            VerifyResult result = await job.Done.ConfigureAwait(false);
            lock (_lock) _last = result;
            if (result.DifferingBytes > 0) LogVerifyDiffers(Volume, result.DifferingBytes, result.Ranges[0].Offset, result.RepairedBytes);
            else LogVerifySame(Volume, result.ComparedBytes, result.BusyBytes);
            return result;
        }
        finally
        {
            lock (_lock)
            {
                _job = null;
                _session?.ForgetVerify();
            }
        }
    }

    /// <summary>What no drive counts (discards, zeroes by command) is found by comparing, and mended: the mirror goes on meanwhile.</summary>
    public Task AfterBootAsync() => UnaskedAsync(repair: true);

    /// <summary>Compares from time to time; what is found is in the log and in status, and nothing is repaired unasked. Ends when the client stops.</summary>
    public async Task ByScheduleAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(MirrorClient.Jittered(memory.Options.VerifyInterval), memory.Clock, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await UnaskedAsync(repair: false).ConfigureAwait(false);
        }
    }

    private async Task UnaskedAsync(bool repair)
    {
        try
        {
            await RunAsync(new VerifyRequest(memory.Options.VerifyLimit, repair), stopping).ConfigureAwait(false);
        }
        catch (MirrorControlException e)
        {
            LogVerifyNot(Volume, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The client stops.
        }
    }

    [LoggerMessage(1010, LogLevel.Information, "{Volume}: verify begun, at most {Limit} bytes a second, repair: {Repair}.")]
    private partial void LogVerifyBegun(string volume, long limit, bool repair);

    [LoggerMessage(1011, LogLevel.Error, "{Volume}: {Bytes} bytes of the image differ from the disk, the first at byte {First}; {Repaired} of them were repaired. To repair: diskmirror verify {Volume} --repair. See to the server's storage.")]
    private partial void LogVerifyDiffers(string volume, long bytes, long first, long repaired);

    [LoggerMessage(1012, LogLevel.Information, "{Volume}: verified, disk and image are the same in {Bytes} bytes; {Busy} were being written whenever they were looked at.")]
    private partial void LogVerifySame(string volume, long bytes, long busy);

    [LoggerMessage(1013, LogLevel.Warning, "{Volume}: no verify by the schedule: {Text}")]
    private partial void LogVerifyNot(string volume, string text);
}
