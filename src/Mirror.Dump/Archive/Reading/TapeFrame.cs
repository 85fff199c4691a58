namespace Mirror.Dump.Archive.Reading;

/// <summary>A tape block as it stands in a volume, or what is there instead of one. It belongs to one stage at a time.</summary>
internal sealed class TapeFrame
{
    public FrameKind Kind { get; set; }

    /// <summary>Whether it must be decompressed.</summary>
    public bool IsPacked => Kind is FrameKind.Zlib or FrameKind.Bzip2;

    /// <summary>What stands in the volume.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>Bytes of <see cref="Bytes"/>.</summary>
    public int Length { get; set; }

    /// <summary>The records, decompressed.</summary>
    public byte[] Records { get; set; } = [];

    /// <summary>Bytes of <see cref="Records"/>; 0 when the block did not decompress.</summary>
    public int RecordsLength { get; set; }

    /// <summary>For the administrator, when something is wrong.</summary>
    public string What { get; set; } = "";

    /// <summary>Makes room for what stands in the volume.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (Bytes.Length < bytes) Bytes = GC.AllocateUninitializedArray<byte>(bytes);
        Length = bytes;
        return Bytes.AsSpan(0, bytes);
    }

    /// <summary>What stands in the volume is the records.</summary>
    public void TakeAsItIs()
    {
        (Records, Bytes) = (Bytes, Records);
        RecordsLength = Length;
    }
}
