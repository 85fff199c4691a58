namespace Mirror.Dump.Archive.Reading;

/// <summary>Some frames in a row. It belongs to one stage at a time: the reading thread, a worker when something is compressed, the one who takes, the pool.</summary>
internal sealed class FrameBatch
{
    private readonly SemaphoreSlim _ready = new(0);

    /// <param name="frames">Most frames in it.</param>
    public FrameBatch(int frames)
    {
        Frames = new TapeFrame[frames];
        for (int i = 0; i < frames; i++) Frames[i] = new TapeFrame();
    }

    /// <summary>The frames; the first <see cref="Count"/> are there.</summary>
    public TapeFrame[] Frames { get; }

    public int Count { get; private set; }

    /// <summary>Whether any is compressed.</summary>
    public bool NeedsWork { get; private set; }

    /// <summary>Whether the last one is the volume's end.</summary>
    public bool EndsVolume => Count > 0 && Frames[Count - 1].Kind == FrameKind.EndOfVolume;

    public void SetReady() => _ready.Release();

    public void WaitReady(CancellationToken stop) => _ready.Wait(stop);

    /// <summary>Reads frames until it is full or the volume ends.</summary>
    public void Fill(ITapeFrames from, CancellationToken stop)
    {
        (Count, NeedsWork) = (0, false);
        while (Count < Frames.Length && !EndsVolume)
        {
            stop.ThrowIfCancellationRequested();
            TapeFrame frame = Frames[Count];
            frame.What = "";
            from.Next(frame);
            NeedsWork |= frame.IsPacked;
            Count++;
        }
    }

    /// <summary>Decompresses what is compressed.</summary>
    public void Inflate(BlockInflater inflater, int blockBytes)
    {
        for (int i = 0; i < Count; i++)
        {
            if (Frames[i].IsPacked) inflater.Inflate(Frames[i], blockBytes);
        }
    }
}
