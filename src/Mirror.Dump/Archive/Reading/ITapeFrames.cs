namespace Mirror.Dump.Archive.Reading;

/// <summary>The frames of one volume, in order. Used by one thread.</summary>
internal interface ITapeFrames : IDisposable
{
    /// <summary>About how many bytes of records a frame has.</summary>
    int FrameBytes { get; }

    /// <summary>Reads the next frame; after <see cref="FrameKind.EndOfVolume"/> nothing more is asked.</summary>
    void Next(TapeFrame frame);
}
