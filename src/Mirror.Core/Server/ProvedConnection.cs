using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>The connection that the listener hands over.</summary>
internal sealed class ProvedConnection(AuthenticatedConnection connection) : IVolumeConnection
{
    /// <inheritdoc/>
    public Stream Stream => connection.Stream;

    /// <inheritdoc/>
    public string Volume => connection.Volume;

    /// <inheritdoc/>
    public MirrorRight Right => connection.Right;

    /// <inheritdoc/>
    public bool IsFormerSecret => connection.IsFormerSecret;

    /// <inheritdoc/>
    public string Peer => connection.Remote?.ToString() ?? "local";

    /// <inheritdoc/>
    public void Abort() => connection.Abort();

    /// <inheritdoc/>
    public Task FinishAsync(TimeSpan limit) => connection.FinishAsync(limit);

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
