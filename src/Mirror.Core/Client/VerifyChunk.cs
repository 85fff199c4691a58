using Mirror.Core.Wire;

namespace Mirror.Core.Client;

/// <summary>One chunk on its way through a <see cref="VerifyLane"/>.</summary>
internal sealed class VerifyChunk(long index)
{
    /// <summary>The chunk's number, from the start of the volume.</summary>
    public long Index => index;

    /// <summary>The disk's data; set when the read was submitted.</summary>
    public DiskRead Read { get; set; } = null!;

    /// <summary>The tag of the disk's data, made on the reading thread.</summary>
    public byte[] LocalTag { get; } = new byte[WireLimits.TagBytes];

    /// <summary>The ring's producer position when the data had arrived, plus one: what the read may have seen is before it. 0 until then.</summary>
    public long End { get; set; }

    /// <summary>Whether an answer of the server is awaited, or its comparison runs.</summary>
    public bool Asked { get; set; }

    /// <summary>Whether 4 KiB units are compared.</summary>
    public bool Fine { get; set; }

    /// <summary>Whether the lane has given it up; its slot is freed when nothing uses it any more.</summary>
    public bool Dropped { get; set; }

    /// <summary>4 KiB units that were being written when the server was asked, a bit each.</summary>
    public ulong[] Blocked { get; } = new ulong[4];

    /// <summary>4 KiB units that differ, a bit each.</summary>
    public ulong[] Differing { get; } = new ulong[4];
}
