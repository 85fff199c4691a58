using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>One HASH_REQUEST on its way through the <see cref="HashLane"/>, whose lock guards it.</summary>
internal sealed class HashJob(HashRequestMessage request, bool known, long volumeBytes)
{
    /// <summary>What was asked.</summary>
    public HashRequestMessage Request { get; } = request;

    /// <summary>Whether tags that are known without reading will do.</summary>
    public bool Known { get; } = known;

    /// <summary>First byte.</summary>
    public long Offset { get; } = request.FirstSector << Blocks.Units.SectorShift;

    /// <summary>The byte after the last: the volume's end at most.</summary>
    public long End { get; } = Math.Min((request.FirstSector << Blocks.Units.SectorShift) + (long)request.Count * request.UnitBytes, volumeBytes);

    /// <summary>The answer: head and tags; there while the job is active.</summary>
    public byte[]? Frame { get; set; }

    /// <summary>The next unit that nobody has claimed.</summary>
    public int Next { get; set; }

    /// <summary>Units that are hashed or known to be zero.</summary>
    public int Done { get; set; }

    /// <summary>First units of what is being hashed now.</summary>
    public List<int> UnderWay { get; } = [];

    /// <summary>Whether any unit is other than zero.</summary>
    public bool AnyData { get; set; }

    /// <summary>Whether all is done.</summary>
    public bool Complete => Done == Request.Count;

    /// <summary>The first byte that may still be read.</summary>
    public long OpenFrom
    {
        get
        {
            int lowest = Next;
            foreach (int unit in UnderWay) lowest = Math.Min(lowest, unit);
            return Offset + (long)lowest * Request.UnitBytes;
        }
    }
}
