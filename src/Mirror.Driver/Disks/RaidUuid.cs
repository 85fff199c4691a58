using System.Buffers.Binary;

namespace Mirror.Driver.Disks;

/// <summary>Finds the UUID of an md array: in sysfs where the kernel shows it (6.x), else in the superblock of its first member.</summary>
internal static class RaidUuid
{
    /// <summary>32 hexadecimal digits, or null.</summary>
    /// <param name="block">The array's directory in sysfs.</param>
    /// <param name="readMember">Reads from a member by its kernel name.</param>
    internal static string? Find(string block, Func<string, long, byte[], bool> readMember)
    {
        if (HostPaths.ReadLine(Path.Combine(block, "md/uuid")) is { } text && text.Replace("-", "").ToLowerInvariant() is { Length: 32 } uuid)
            return uuid;
        string slaves = Path.Combine(block, "slaves");
        foreach (string name in HostPaths.Names(slaves))
        {
            if (!long.TryParse(HostPaths.ReadLine(Path.Combine(slaves, name, "size")), out long sectors)) continue;
            long? sector = HostPaths.ReadLine(Path.Combine(block, "md/metadata_version")) switch
            {
                "1.0" => (sectors - 16) & ~7L,
                "1.1" => 0,
                "1.2" => 8,
                _ => null,
            };
            byte[] superblock = new byte[512];
            if (sector is not (>= 0 and var at) || !readMember(name, at * 512, superblock)) continue;
            if (BinaryPrimitives.ReadUInt32LittleEndian(superblock) == 0xa92b4efc) return Convert.ToHexStringLower(superblock, 16, 16);
        }
        return null;
    }
}
