namespace Mirror.Dump.Archive.Writing;

/// <summary>Some tape blocks on their way from the planner to the output. It belongs to the planner, to one worker or to the pool.</summary>
internal sealed class TapeUnit(int blocks, int blockBytes)
{
    /// <summary>What is to be done with it.</summary>
    public TapeStep Step { get; set; }

    /// <summary>The records.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(blocks * blockBytes);

    /// <summary>What stands where, in order.</summary>
    public List<TapeEvent> Events { get; } = [];

    /// <summary>Bytes planned so far.</summary>
    public int Length { get; set; }

    /// <summary>Number of its first tape block in the archive.</summary>
    public long FirstBlock { get; set; }

    /// <summary>The volume that it goes to, from 1.</summary>
    public int Volume { get; set; }

    /// <summary>Whether its first block is the first of the volume.</summary>
    public bool BeginsVolume { get; set; }

    /// <summary>Whether it ends the archive.</summary>
    public bool Last { get; set; }

    /// <summary>What is written, when it is not the buffer as it is.</summary>
    public byte[] Packed { get; set; } = [];

    /// <summary>Bytes of <see cref="Packed"/>.</summary>
    public int PackedLength { get; set; }

    /// <summary>Where each block begins in what is written.</summary>
    public List<int> BlockStarts { get; } = [];

    /// <summary>Blocks of a full unit.</summary>
    public int Blocks => blocks;

    /// <summary>Makes it ready to be planned again.</summary>
    public void Reset()
    {
        Events.Clear();
        BlockStarts.Clear();
        Length = 0;
        PackedLength = 0;
        Last = false;
        BeginsVolume = false;
    }
}
