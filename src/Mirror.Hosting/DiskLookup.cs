using Mirror.Core.Disks;
using Mirror.Driver.Disks;

namespace Mirror.Hosting;

/// <summary>The disk that somebody named, among those of this host.</summary>
/// <param name="Path">Where to open it.</param>
/// <param name="Host">What the host says of it; null for a plain file.</param>
/// <param name="Warnings">What is to know before it is mirrored.</param>
internal sealed record DiskLookup(string Path, HostDisk? Host, IReadOnlyList<string> Warnings)
{
    /// <summary>Takes a number of the listing, a kernel name or a path. A plain file is mirrored as it is.</summary>
    /// <exception cref="DiskNotFoundException">There is none; the message lists those that are.</exception>
    public static DiskLookup Find(string text)
    {
        bool isPath = text.Contains('/', StringComparison.Ordinal);
        if (isPath && File.Exists(text) && (File.GetAttributes(text) & FileAttributes.Device) == 0) return new DiskLookup(text, null, []);
        DiskCatalog catalog = DiskCatalog.Read();
        HostDisk found = catalog.Find(text);
        // The path as the administrator wrote it says more than sdb.
        return new DiskLookup(isPath ? text : found.Path, found, [.. Warn(found, catalog)]);
    }

    private static IEnumerable<string> Warn(HostDisk disk, DiskCatalog catalog)
    {
        if (disk.HasSwap) yield return $"{disk.Path} holds swap. What is swapped out is copied, but not kept identical";
        foreach (HostDisk above in catalog.Disks.Where(d => d.Slaves.Count > 1 && d.Slaves.Contains(disk.Name)))
            yield return $"{disk.Path} is one of several parts of {above.Path}. Images of several disks are each consistent, but not at the same instant: mirror {above.Path} itself instead";
    }
}
