namespace Mirror.Dump.Archive.Reading;

/// <summary>What a frame is.</summary>
internal enum FrameKind
{
    /// <summary>Records as they are.</summary>
    Plain,

    /// <summary>A tape block by zlib.</summary>
    Zlib,

    /// <summary>A tape block by bzip2.</summary>
    Bzip2,

    /// <summary>Tape blocks were lost here: one, when nobody knows how many.</summary>
    Lost,

    /// <summary>Nothing is lost, but something is to be told.</summary>
    Note,

    /// <summary>The end of a volume.</summary>
    EndOfVolume,
}
