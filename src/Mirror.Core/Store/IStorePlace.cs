using Mirror.Core.Disks;

namespace Mirror.Core.Store;

/// <summary>Knows on which disk a path lies. Implemented in Mirror.Driver.</summary>
public interface IStorePlace
{
    /// <summary>
    /// Whether <paramref name="path"/> lies on <paramref name="disk"/>, which a client of this or another machine mirrors: then every mirrored
    /// write would make another one, and the drive's end would take the copy along.
    /// </summary>
    /// <returns>Words that say which device it is; null when it does not, or nothing can be told.</returns>
    string? WhyOnDisk(string path, DiskIdentity disk);
}
