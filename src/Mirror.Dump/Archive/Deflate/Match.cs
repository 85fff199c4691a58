namespace Mirror.Dump.Archive.Deflate;

/// <summary>Bytes that stood before.</summary>
internal struct Match
{
    /// <summary>Bytes between the match before and this one.</summary>
    public int Literals;

    /// <summary>Bytes of it, 4 to 258.</summary>
    public ushort Length;

    /// <summary>How far back they stood, 1 to 32,767.</summary>
    public ushort Distance;
}
