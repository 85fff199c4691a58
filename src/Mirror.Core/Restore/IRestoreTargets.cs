using Mirror.Core.Disks;

namespace Mirror.Core.Restore;

/// <summary>Finds and opens what a restore may overwrite. Implemented in Mirror.Driver.</summary>
public interface IRestoreTargets
{
    /// <summary>Looks at a target, and changes nothing.</summary>
    /// <param name="name">A path, or a number or name of the disk listing.</param>
    /// <param name="mirrored">Paths of the disks that clients on this host mirror now.</param>
    /// <exception cref="TargetException">It must not be overwritten (mounted, swap, part of another device, mirrored, read-only), or is not there; says which.</exception>
    RestoreTarget Examine(string name, IReadOnlyList<string> mirrored);

    /// <summary>Opens it for this process alone. A file is made if it is not there, and grows to <paramref name="sizeBytes"/>.</summary>
    /// <exception cref="TargetException">Somebody else has it open exclusively, or it cannot be opened.</exception>
    ITargetDisk Open(RestoreTarget target, long sizeBytes);
}
