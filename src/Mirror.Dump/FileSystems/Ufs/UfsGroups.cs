namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>The heads of the cylinder groups: which inodes are in use.</summary>
internal sealed class UfsGroups(UfsVolume volume)
{
    private const uint Magic = 0x090255;
    private const int HeadBytes = 168;

    /// <summary>Whether an inode is in use, by the bitmap of its group.</summary>
    /// <param name="number">At most the highest that can occur.</param>
    /// <exception cref="DamagedException">The group's head is damaged.</exception>
    public bool IsAllocated(uint number)
    {
        UfsSuperblock super = volume.Super;
        uint group = number / super.InodesPerGroup;
        int within = (int)(number % super.InodesPerGroup);
        ReadOnlySpan<byte> head = Read(group);
        // UFS2 prepares inodes when they are first needed: what lies behind may be anything.
        if (super.Version == 2 && within >= volume.Order.U32(head, 120)) return false;
        int map = volume.Order.I32(head, 92);
        return (head[map + within / 8] >> (within % 8) & 1) != 0;
    }

    private ReadOnlySpan<byte> Read(uint group)
    {
        UfsSuperblock super = volume.Super;
        long address = super.GroupHead(group);
        if (!volume.Holds(address, super.Fragments)) throw volume.GroupDamage(group, $"its head would be at fragment {address} of {super.Size}");
        ReadOnlySpan<byte> head = volume.ReadBlock(address);
        UfsOrder order = volume.Order;
        if (order.U32(head, 4) != Magic) throw volume.GroupDamage(group, $"its head (fragment {address}) has no mark");
        if (order.U32(head, 12) != group) throw volume.GroupDamage(group, $"its head (fragment {address}) says that it is group {order.U32(head, 12)}");
        uint map = order.U32(head, 92), most = super.InodesPerGroup;
        if (map < HeadBytes || map + (most + 7L) / 8 > super.GroupBytes) throw volume.GroupDamage(group, $"its map of inodes would be at byte {map} of a head of {super.GroupBytes}");
        if (super.Version == 2 && order.U32(head, 120) > most) throw volume.GroupDamage(group, $"it has {order.U32(head, 120)} prepared inodes of {most}");
        return head;
    }
}
