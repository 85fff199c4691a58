namespace Mirror.Core.Blocks;

/// <summary>The fixed units of the product. The words are those of docs/protocol.md.</summary>
public static class Units
{
    /// <summary>Bytes in a sector, the unit of every position on the wire (also on disks with 4096-byte logical blocks).</summary>
    public const int SectorBytes = 512;

    /// <summary>log2 of <see cref="SectorBytes"/>.</summary>
    public const int SectorShift = 9;

    /// <summary>Bytes that one dirty bit stands for, unless the disk is huge.</summary>
    public const int DefaultGranuleBytes = 4096;

    /// <summary>Bytes that one hash covers in the first comparison of a scan.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Bytes that one hash covers inside a chunk that differs.</summary>
    public const int FineBytes = 4096;

    /// <summary>The largest disk that is accepted: 2^53 bytes (8 PiB). Every size off the wire is checked against it.</summary>
    public const long MaxDiskBytes = 1L << 53;

    /// <summary>The granule chosen for a disk: 4 KiB up to 4 TiB, then the power of two that keeps a bitmap at or under 128 MiB.</summary>
    /// <param name="diskBytes">The size of the volume in bytes.</param>
    public static int GranuleFor(long diskBytes)
    {
        int granule = DefaultGranuleBytes;
        while (diskBytes / granule > 1L << 30 && granule < ChunkBytes) granule <<= 1;
        return granule;
    }
}
