using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>Every bound of docs/protocol.md by name. What comes off the wire is compared with these before it is cast, allocated or used.</summary>
public static class WireLimits
{
    /// <summary>The version that this code speaks, lowest and highest.</summary>
    public const ushort Version = 1;

    /// <summary>Feature bit 0: HASH_REQUEST is allowed in CatchUp, Live and Rescan, too.</summary>
    public const ulong VerifyFeature = 1;

    /// <summary>Feature bits that this code knows.</summary>
    public const ulong Features = VerifyFeature;

    /// <summary>The longest volume name in bytes.</summary>
    public const int MaxVolumeNameBytes = 64;

    /// <summary>The longest name of a snapshot in bytes.</summary>
    public const int MaxSnapshotNameBytes = 64;

    /// <summary>The most FETCHes that a server holds unanswered; more of them wait in the network.</summary>
    public const int MaxUnansweredFetches = 64;

    /// <summary>The longest identity text in bytes of UTF-8.</summary>
    public const int MaxIdentityBytes = 256;

    /// <summary>The longest host name in bytes of UTF-8.</summary>
    public const int MaxHostNameBytes = 64;

    /// <summary>The longest text of a refusal in bytes of UTF-8.</summary>
    public const int MaxRefusalTextBytes = 512;

    /// <summary>The largest volume in sectors (2^44, 8 PiB).</summary>
    public const ulong MaxVolumeSectors = 1UL << 44;

    /// <summary>The most bytes one WRITE carries.</summary>
    public const int MaxWriteBytes = 1 << 20;

    /// <summary>The smallest WRITE, and what every length of one is a multiple of.</summary>
    public const int MinWriteBytes = Units.SectorBytes;

    /// <summary>The most units one HASH_REQUEST names, and one HASHES answers.</summary>
    public const int MaxHashUnits = 65536;

    /// <summary>Bytes of one tag.</summary>
    public const int TagBytes = 16;

    /// <summary>The most bytes of payload behind any message: WRITE's data, or <see cref="MaxHashUnits"/> tags.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>The smallest and largest logical block that a disk may have, in bytes.</summary>
    public const uint MinLogicalBlockBytes = 512, MaxLogicalBlockBytes = 65536;

    /// <summary>The smallest and largest granule, in bytes.</summary>
    public const uint MinGranuleBytes = 4096, MaxGranuleBytes = 1 << 30;

    /// <summary>The latest time of a MARK: the last millisecond of the year 9999, so that every clock type can hold it.</summary>
    public const ulong MaxTimeMilliseconds = 253_402_300_799_999;

    /// <summary>The largest count of bytes in a report (ALIVE, SCAN_COMPARED): 2^53, the size of the largest disk.</summary>
    public const ulong MaxReportedBytes = 1UL << 53;

    /// <summary>The longest frame without its payload, in bytes: a REFUSED with all its text, or an IDENTIFY.</summary>
    public const int MaxHeadBytes = 1024;

    /// <summary>Marks that may be unanswered at once.</summary>
    public const int MaxUnansweredMarks = 4;

    /// <summary>How often ALIVE is sent.</summary>
    public static readonly TimeSpan AliveInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long a peer may be silent before its connection is closed.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(15);

    /// <summary>Bytes in one direction after which the client opens a new connection. The limit is AES-GCM's 256 GiB on one key; this leaves room for what is under way.</summary>
    public const long MaxConnectionBytes = 250L << 30;
}
