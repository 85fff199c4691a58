using Mirror.Core.Disks;
using Mirror.Core.Store;
using Mirror.Driver.Disks;

namespace Mirror.Driver.Images;

/// <summary>Tells from this host's list of disks whether a path lies on a client's disk.</summary>
public sealed class StorePlace : IStorePlace
{
    private readonly Func<DiskCatalog> _list;

    /// <summary>Knows this host's disks.</summary>
    public StorePlace()
        : this(DiskCatalog.Read)
    {
    }

    /// <param name="list">Lists all disks, which took 80 ms where there were a hundred (docs/benchmarks.md).</param>
    internal StorePlace(Func<DiskCatalog> list) => _list = list;

    /// <inheritdoc/>
    public string? WhyOnDisk(string path, DiskIdentity disk)
    {
        // A server asks at each connection, and most clients are other machines: no listing of all disks for them.
        if (!DiskCatalog.IsOfThisMachine(disk)) return null;
        // What is not there yet will lie where its directory does.
        string? at = path;
        while (at is not null && !Path.Exists(at)) at = Path.GetDirectoryName(Path.GetFullPath(at));
        return at is not null && _list().LiesOn(at, disk) ? $"{path} lies on the disk \"{disk.Text}\" of this machine" : null;
    }
}
