using Mirror.Core.Client;
using Mirror.Core.Control;

namespace Mirror.Hosting;

/// <summary>A client as control reaches it: a stop is answered when all that the mirror held is free, so that the next start finds it so.</summary>
internal sealed class HostedRole(IMirrorRole role, Task freed) : IMirrorRole
{
    /// <inheritdoc/>
    public MirrorStatus Status => role.Status;

    /// <inheritdoc/>
    public Task WaitIdleAsync(CancellationToken cancellation) => role.WaitIdleAsync(cancellation);

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellation) => role.RescanAsync(cancellation);

    /// <inheritdoc/>
    public Task AdoptAsync(bool replace, CancellationToken cancellation) => role.AdoptAsync(replace, cancellation);

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellation) => role.VerifyAsync(request, cancellation);

    /// <inheritdoc/>
    public async Task StopAsync(bool keepTracking, CancellationToken cancellation)
    {
        await role.StopAsync(keepTracking, cancellation).ConfigureAwait(false);
        await freed.WaitAsync(cancellation).ConfigureAwait(false);
    }
}
