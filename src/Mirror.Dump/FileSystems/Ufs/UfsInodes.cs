namespace Mirror.Dump.FileSystems.Ufs;

/// <summary>The inodes. Layout: FreeBSD sys/ufs/ufs/dinode.h.</summary>
internal sealed class UfsInodes(UfsVolume volume)
{
    private const uint Snapshot = 0x00200000;       // SF_SNAPSHOT

    /// <summary>Reads an inode; null when it is free, is a snapshot of the file system, or has no name left.</summary>
    /// <exception cref="DamagedException">It does not hold together.</exception>
    public Inode? Read(uint number)
    {
        UfsSuperblock super = volume.Super;
        long address = super.InodeBlock(number);
        if (!volume.Holds(address, super.Fragments)) throw volume.Damage(number, $"would be at fragment {address} of {super.Size}");
        byte[] block = volume.ReadBlock(address);
        int at = (int)(number % super.InodesPerGroup % (uint)super.InodesPerBlock) * super.InodeBytes;
        Inode? inode = super.Version == 1 ? Read1(number, block.AsMemory(at, super.InodeBytes)) : Read2(number, block.AsMemory(at, super.InodeBytes));
        if (inode is null || inode.Links == 0 || (inode.Flags & Snapshot) != 0) return null;
        if (inode.Kind is InodeKind.None or (not (InodeKind.Fifo or InodeKind.CharacterDevice or InodeKind.Directory or InodeKind.BlockDevice or InodeKind.File
            or InodeKind.SymbolicLink or InodeKind.Socket or InodeKind.Whiteout)))
            throw volume.Damage(number, $"has the mode {Convert.ToString(inode.Mode, 8)}, of no known kind");
        if (inode.SizeBytes < 0 || (inode.Kind is InodeKind.File or InodeKind.Directory or InodeKind.SymbolicLink && inode.SizeBytes > UfsBlockMap.MaximumBytes(super)))
            throw volume.Damage(number, $"has a size of {inode.SizeBytes} bytes");
        return inode;
    }

    private Inode? Read1(uint number, ReadOnlyMemory<byte> memory)
    {
        UfsOrder order = volume.Order;
        ReadOnlySpan<byte> raw = memory.Span;
        ushort mode = order.U16(raw, 0);
        if (mode == 0) return null;
        bool old = volume.Super.OldInodes;
        ReadOnlyMemory<byte> map = memory.Slice(40, volume.Super.MapBytes);
        (uint major, uint minor) = Device(order.U32(raw, 40));
        return new Inode
        {
            Number = number,
            Mode = mode,
            Links = Links(order.I16(raw, 2)),
            UserId = old ? order.U16(raw, 4) : order.U32(raw, 112),
            GroupId = old ? order.U16(raw, 6) : order.U32(raw, 116),
            SizeBytes = order.I64(raw, 8),
            AllocatedBytes = order.U32(raw, 104) * 512L,
            Accessed = Time(order.I32(raw, 16), old ? 0 : order.U32(raw, 20)),
            Modified = Time(order.I32(raw, 24), old ? 0 : order.U32(raw, 28)),
            Changed = Time(order.I32(raw, 32), old ? 0 : order.U32(raw, 36)),
            Flags = order.U32(raw, 100),
            Generation = order.U32(raw, 108),
            DeviceMajor = IsDevice(mode) ? major : 0,
            DeviceMinor = IsDevice(mode) ? minor : 0,
            Record = new UfsInodeRecord(number, map, 0, [], order.U32(raw, 104)),
        };
    }

    private Inode? Read2(uint number, ReadOnlyMemory<byte> memory)
    {
        UfsOrder order = volume.Order;
        ReadOnlySpan<byte> raw = memory.Span;
        ushort mode = order.U16(raw, 0);
        if (mode == 0) return null;
        (uint major, uint minor) = Device(order.U64(raw, 112));
        ulong blocks = order.U64(raw, 24);
        if (blocks > (ulong)(long.MaxValue / 512)) throw volume.Damage(number, $"holds {blocks} blocks");
        return new Inode
        {
            Number = number,
            Mode = mode,
            Links = Links(order.I16(raw, 2)),
            UserId = order.U32(raw, 4),
            GroupId = order.U32(raw, 8),
            SizeBytes = order.I64(raw, 16),
            AllocatedBytes = (long)blocks * 512,
            Accessed = Time(order.I64(raw, 32), order.U32(raw, 68)),
            Modified = Time(order.I64(raw, 40), order.U32(raw, 64)),
            Changed = Time(order.I64(raw, 48), order.U32(raw, 72)),
            Born = Time(order.I64(raw, 56), order.U32(raw, 76)),
            Flags = order.U32(raw, 88),
            Generation = order.U32(raw, 80),
            DeviceMajor = IsDevice(mode) ? major : 0,
            DeviceMinor = IsDevice(mode) ? minor : 0,
            Record = new UfsInodeRecord(number, memory.Slice(112, volume.Super.MapBytes), order.I32(raw, 92), [order.I64(raw, 96), order.I64(raw, 104)], blocks),
        };
    }

    private static bool IsDevice(ushort mode) => (InodeKind)(mode >> 12) is InodeKind.CharacterDevice or InodeKind.BlockDevice;

    private static uint Links(short links) => links > 0 ? (uint)links : 0;

    private static InodeTime Time(long seconds, uint nanoseconds) => new(seconds, nanoseconds < 1_000_000_000 ? nanoseconds : 0);

    /// <summary>32 bits as NetBSD has them, more as FreeBSD has them. Below 256 all agree.</summary>
    private static (uint Major, uint Minor) Device(ulong number) => number > uint.MaxValue
        ? ((uint)(number >> 32 & 0xFFFFFF00 | number >> 8 & 0xFF), (uint)(number >> 24 & 0xFF00 | number & 0xFFFF00FF))
        : ((uint)(number >> 8 & 0xFFF), (uint)(number >> 12 & 0xFFF00 | number & 0xFF));
}
