using Mirror.Core.Control;
using Mirror.Core.Store;

namespace Mirror.Core.Server;

/// <summary>Reading beside the mirror.</summary>
internal sealed partial class ServerVolume : IViewedRole
{
    private volatile string? _archiveError;
    private volatile LastArchive? _lastArchive;

    /// <inheritdoc/>
    public string? ArchiveError
    {
        get => _archiveError;
        set => _archiveError = value;
    }

    /// <inheritdoc/>
    public LastArchive? LastArchive
    {
        get => _lastArchive;
        set => _lastArchive = value;
    }

    /// <inheritdoc/>
    public async Task<IConsistentView?> OpenConsistentAsync(CancellationToken cancellation)
    {
        try
        {
            return await StoreWork.Run(() =>
            {
                _store.Load();
                return _store.OpenConsistent(settled: false, cancellation);
            }).ConfigureAwait(false);
        }
        catch (RefusalException e)
        {
            throw new MirrorControlException(e.Message, e);
        }
    }
}
