using Mirror.Core.Disks;
using Mirror.Core.Store;
using Mirror.Driver.Disks;

namespace Mirror.Driver.Images;

/// <summary>Tells from this host's list of disks whether a path lies on a client's disk.</summary>
public sealed class StorePlace : IStorePlace
{
    /// <inheritdoc/>
    public string? WhyOnDisk(string path, DiskIdentity disk)
    {
        // A server asks at each connection, and most clients are other machines: no listing of all disks for them.
        if (!DiskCatalog.IsOfThisMachine(disk)) return null;
        // What is not there yet will lie where its directory does.
        string? at = path;
        while (at is not null && !Path.Exists(at)) at = Path.GetDirectoryName(Path.GetFullPath(at));
        return at is not null && DiskCatalog.Read().LiesOn(at, disk) ? $"{path} lies on the disk \"{disk.Text}\" of this machine" : null;
    }
}
