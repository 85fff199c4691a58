using System.Security.Cryptography;
using System.Text;

namespace Mirror.Core.Disks;

/// <summary>
/// Makes the words that tell one disk from another, and one attachment of it from the next. Both are compared as text, later and by
/// other versions: the same disk must give the same words wherever the facts were found, so change nothing here lightly.
/// </summary>
public static class DiskIdentityText
{
    /// <summary>
    /// The identity: <c>wwn=…; serial=…; model=…</c> as far as known, else what the device is based on (a file, a UUID, a place), and for a
    /// partition its UUID, or its start where it has none. Never empty, never more than <see cref="DiskIdentity.MaxTextBytes"/> bytes.
    /// </summary>
    /// <param name="disk">The disk or partition.</param>
    /// <param name="parent">The whole disk of a partition; null for a whole disk.</param>
    public static string For(HostDisk disk, HostDisk? parent)
    {
        HostDisk whole = parent ?? disk;
        var parts = new List<string>(4);
        if (whole.Wwn is { } wwn) parts.Add("wwn=" + wwn);
        if (whole.Serial is { } serial) parts.Add("serial=" + serial);
        if (parts.Count > 0 && whole.Model is { } model) parts.Add("model=" + model);
        if (parts.Count == 0) parts.Add(whole.Basis ?? "name=" + whole.Name);
        if (disk.Kind == HostDiskKind.Partition)
            parts.Add(disk.PartitionUuid is { } uuid ? "partition=" + uuid : "partition-start=" + disk.StartSector);
        return Bounded(string.Join("; ", parts));
    }

    /// <summary>
    /// The attachment: boot id, diskseq and partition start. Empty when the kernel does not count attachments: then
    /// nothing can be said, and no resume is possible.
    /// </summary>
    public static string Attachment(HostDisk disk, string bootId) =>
        disk.DiskSequence == 0 || bootId.Length == 0
            ? ""
            : $"boot={bootId}; diskseq={disk.DiskSequence}; start={disk.StartSector}";

    /// <summary>Cuts a text that is too long, and ends it with a digest of the whole, so that two long ones stay different.</summary>
    public static string Bounded(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= DiskIdentity.MaxTextBytes) return text;
        string digest = "…#" + Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12));
        int keep = DiskIdentity.MaxTextBytes - Encoding.UTF8.GetByteCount(digest);
        while (keep > 0 && (bytes[keep] & 0xC0) == 0x80) keep--;
        return Encoding.UTF8.GetString(bytes, 0, keep) + digest;
    }
}
