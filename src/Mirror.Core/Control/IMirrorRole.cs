using Mirror.Core.Client;

namespace Mirror.Core.Control;

/// <summary>
/// One end of one volume, as control sees it: implemented by the client engine and by each volume of a server, served by
/// <see cref="ControlHost"/>. Every member may be called from any thread, at any time, also while the mirror stops.
/// What this end cannot do throws <see cref="MirrorControlException"/> with words for the administrator.
/// </summary>
public interface IMirrorRole
{
    /// <summary>A snapshot of now. Cheap, never waits for disk or network: it is read several times a second.</summary>
    MirrorStatus Status { get; }

    /// <summary>
    /// Completes when everything that was written to the disk before this call is committed, the state is Live, and nothing is
    /// pending or queued; at once if so, never if it does not come to that. A client begins a mark after the call to be sure of it.
    /// On a server: when its client is Live, reports nothing pending or queued, every mark received is committed, and the image alone is the volume.
    /// </summary>
    Task WaitIdleAsync(CancellationToken cancellation);

    /// <summary>Asks for a new scan (client only). Returns when the request is taken, not when the scan has ended.</summary>
    Task RescanAsync(CancellationToken cancellation);

    /// <summary>
    /// Compares disk and image by hash while the mirror is Live (client only), at a bounded rate, and completes with what differs. Differences that a write
    /// in flight explains are looked at again before they are reported.
    /// </summary>
    Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellation) =>
        Task.FromException<VerifyResult>(new MirrorControlException($"Volume {Status.Volume}: a verify is asked for where the disk is. On that host: diskmirror verify {Status.Volume}"));

    /// <summary>
    /// Accepts that another disk stands behind the volume. On the client this holds for its next connections until one succeeds, and
    /// wakes the retry; on the server for the volume's next client.
    /// </summary>
    /// <param name="replace">Also accept that more than a fifth of the image is overwritten.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    Task AdoptAsync(bool replace, CancellationToken cancellation);

    /// <summary>
    /// Ends this mirror cleanly (client only): BYE, resources freed, the run task of the engine completes. Returns when it has ended.
    /// </summary>
    /// <param name="keepTracking">Leave the tap pinned, so that the next start resumes without a scan; else it is taken away.</param>
    /// <param name="cancellation">Gives up waiting; the stop goes on.</param>
    Task StopAsync(bool keepTracking, CancellationToken cancellation);
}
