using Mirror.Core.Store;

namespace Mirror.Core.Control;

/// <summary>An end of a volume whose content can be read beside the mirror, in its process: a server's.</summary>
public interface IViewedRole : IMirrorRole
{
    /// <summary>Why the volume's archives are not what they should be, for status; null when they are.</summary>
    string? ArchiveError { get; set; }

    /// <summary>The newest archive by the rule, for status; null when there is none.</summary>
    LastArchive? LastArchive { get; set; }

    /// <summary>Opens the volume at its last consistent mark; close it as soon as it has served.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>Null when it has never been consistent.</returns>
    /// <exception cref="MirrorControlException">The store is failed or unusable.</exception>
    Task<IConsistentView?> OpenConsistentAsync(CancellationToken cancellation);
}
