namespace Mirror.Core.Client;

/// <summary>A run of chunks whose hashes were asked of the server at once.</summary>
internal sealed class ScanWindow(long firstChunk, int count, bool localZero)
{
    private bool _known;

    /// <summary>The first chunk's number.</summary>
    public long FirstChunk => firstChunk;

    /// <summary>How many chunks.</summary>
    public int Count => count;

    /// <summary>Whether the disk is known to read as zeroes here, so that nothing needs to be read.</summary>
    public bool LocalZero { get; set; } = localZero;

    /// <summary>Whether all of it is sent without a comparison: everything before it differed.</summary>
    public bool Dense { get; init; }

    /// <summary>Whether it is one chunk whose 4 KiB units were asked for at once: a look at whether everything still differs.</summary>
    public bool Probe { get; init; }

    /// <summary>Whether the answer is there. May be read from any thread.</summary>
    public bool Known
    {
        get => Volatile.Read(ref _known);
        set => Volatile.Write(ref _known, value);
    }

    /// <summary>The image's tags, 16 bytes a chunk (a 4 KiB unit in a probe); null while unknown, or when all are zero.</summary>
    public byte[]? Tags { get; set; }

    /// <summary>The image's tag of a chunk of this window.</summary>
    public ReadOnlySpan<byte> TagOf(long chunk) => Tags is null ? Zero : Tags.AsSpan((int)(chunk - firstChunk) * Wire.WireLimits.TagBytes, Wire.WireLimits.TagBytes);

    private static ReadOnlySpan<byte> Zero => new byte[Wire.WireLimits.TagBytes];
}
