namespace Mirror.Core.Client;

/// <summary>One chunk on its way through a scan.</summary>
internal sealed class ScanChunk(long index, ScanWindow window)
{
    /// <summary>The chunk's number, from the start of the volume.</summary>
    public long Index => index;

    /// <summary>The window of hashes that it belongs to.</summary>
    public ScanWindow Window => window;

    /// <summary>The disk's data; set when the read was submitted.</summary>
    public DiskRead? Read { get; set; }

    /// <summary>The tag of the disk's data, made on the reading thread.</summary>
    public byte[] LocalTag { get; } = new byte[Wire.WireLimits.TagBytes];

    /// <summary>Whether it was made: it is not where the image is known to be zero.</summary>
    public bool Tagged { get; set; }

    /// <summary>Whether the comparison of 4 KiB units was asked for.</summary>
    public bool FineRequested { get; set; }

    /// <summary>Whether nothing is left to wait for.</summary>
    public bool Resolved { get; set; }

    /// <summary>4 KiB units that differ, a bit each.</summary>
    public ulong[] Differing { get; } = new ulong[4];

    /// <summary>What the comparison adds to the findings.</summary>
    public ScanFindings Findings { get; set; }
}
