using System.Text;

namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>
/// Extended attributes of UFS2, as FreeBSD writes them: up to two blocks of records (length u32, name space u8, padding u8, name's length u8, name, content
/// on a multiple of 8).
///
/// <para>Names: the name space <c>user</c> becomes <c>user.NAME</c>, <c>system</c> becomes <c>system.NAME</c>, but for
/// <c>posix1e.acl_access</c> and <c>posix1e.acl_default</c>, which are <c>system.posix_acl_access</c> and <c>system.posix_acl_default</c> in Linux's
/// form. Linux does not take the other <c>system.</c> names (NFSv4 ACLs, MAC labels): they are in the archive, and a restore tells.</para>
/// </summary>
internal sealed class UfsAttributes(UfsVolume volume)
{
    private const int HeadBytes = 7;
    private const byte User = 1, System = 2;

    /// <summary>All of an inode.</summary>
    /// <exception cref="DamagedException">They do not hold together.</exception>
    public IReadOnlyList<ExtendedAttribute> Read(UfsInodeRecord inode, ushort mode)
    {
        if (inode.AttributeBytes == 0) return [];
        var found = new List<ExtendedAttribute>();
        byte[] area = ReadArea(inode);
        for (int at = 0; at < area.Length;)
        {
            ReadOnlySpan<byte> record = area.AsSpan(at);
            DamagedException Bad(string what) => volume.Damage(inode.Number, $"extended attributes, byte {at}: {what}");

            if (record.Length < HeadBytes + 1) throw Bad("a cut record");
            uint length = volume.Order.U32(record, 0);
            if (length == 0) break;
            byte nameLength = record[6], padding = record[5];
            int content = (HeadBytes + nameLength + 7) & ~7;
            if (length > record.Length || length % 4 != 0 || content + padding > length) throw Bad($"a record of {length} bytes with a name of {nameLength} and padding of {padding}");
            if (nameLength == 0 || record.Slice(HeadBytes, nameLength).Contains((byte)0)) throw Bad("a name of no bytes, or with NUL");
            string name = Encoding.UTF8.GetString(record.Slice(HeadBytes, nameLength));
            ReadOnlyMemory<byte> value = area.AsMemory(at + content, (int)length - content - padding);
            found.Add(record[4] switch
            {
                User => new ExtendedAttribute("user." + name, value),
                System when name == "posix1e.acl_access" => new ExtendedAttribute("system.posix_acl_access", UfsAcl.ToExchange(volume.Order, value.Span, mode) ?? throw Bad("an ACL that is none")),
                System when name == "posix1e.acl_default" => new ExtendedAttribute("system.posix_acl_default", UfsAcl.ToExchange(volume.Order, value.Span, null) ?? throw Bad("an ACL that is none")),
                System => new ExtendedAttribute("system." + name, value),
                _ => throw Bad($"the name space {record[4]}"),
            });
            at += (int)length;
        }
        return found;
    }

    private byte[] ReadArea(UfsInodeRecord inode)
    {
        UfsSuperblock super = volume.Super;
        int size = inode.AttributeBytes;
        if (size < 0 || size > inode.AttributeBlocks.Length * super.BlockBytes) throw volume.Damage(inode.Number, $"has {size} bytes of extended attributes");
        byte[] area = new byte[size];
        for (int i = 0; i * super.BlockBytes < size; i++)
        {
            int length = Math.Min(super.BlockBytes, size - i * super.BlockBytes);
            long address = inode.AttributeBlocks[i];
            if (!volume.Holds(address, (length + super.FragmentBytes - 1) / super.FragmentBytes))
                throw volume.Damage(inode.Number, $"its extended attributes would be at fragment {address} of {super.Size}");
            volume.Source.Read(address * super.FragmentBytes, area.AsSpan(i * super.BlockBytes, length));
        }
        return area;
    }
}
