namespace Mirror.Dump.Archive.Reading;

/// <summary>The frames of one volume, in order. Used by one thread.</summary>
internal interface ITapeFrames : IDisposable
{
    /// <summary>Reads the next frame; after <see cref="FrameKind.EndOfVolume"/> nothing more is asked.</summary>
    void Next(TapeFrame frame);
}
