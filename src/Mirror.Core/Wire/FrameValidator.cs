using System.Numerics;
using Mirror.Core.Blocks;

namespace Mirror.Core.Wire;

/// <summary>
/// The one gate that all numbers off the wire pass, as unsigned values, before anything is cast, allocated or sought. What it returns may be trusted.
/// One instance belongs to one connection. It knows which side sends, and the size of the volume once IDENTIFY was accepted;
/// until then every range is refused.
/// </summary>
public sealed class FrameValidator(FrameSender sender)
{
    private ulong _volumeSectors;

    /// <summary>Which side sends the frames that are checked.</summary>
    public FrameSender Sender { get; } = sender;

    /// <summary>The size of the volume in sectors; 0 while unknown. Set by the client at start, by the server when it has accepted IDENTIFY.</summary>
    public long VolumeSectors
    {
        get => (long)_volumeSectors;
        set
        {
            if (value is < 0 or > (long)WireLimits.MaxVolumeSectors) throw new ArgumentOutOfRangeException(nameof(value));
            _volumeSectors = (ulong)value;
        }
    }

    /// <summary>Refuses types that nobody knows, that this side does not send, or that belong to the proof.</summary>
    public MessageType StreamType(byte value)
    {
        var type = (MessageType)value;
        bool allowed = type switch
        {
            MessageType.Alive => true,
            MessageType.Identify or MessageType.State or MessageType.Write or MessageType.Zero or MessageType.Mark or MessageType.ScanBegin
                or MessageType.HashRequest or MessageType.ScanCompared or MessageType.Bye or MessageType.RestoreBegin or MessageType.Fetch => Sender == FrameSender.Client,
            MessageType.Welcome or MessageType.Refused or MessageType.StateOk or MessageType.Committed or MessageType.ScanBegun
                or MessageType.Hashes or MessageType.ScanProceed or MessageType.RestoreView or MessageType.Data => Sender == FrameSender.Server,
            _ => false,
        };
        if (!allowed) throw new ProtocolException(type, Sender == FrameSender.Client ? "not a message of a client" : "not a message of a server");
        return type;
    }

    /// <summary>Checks that the range lies in the volume and has at least one sector; returns its first sector.</summary>
    public long Range(MessageType type, ulong first, ulong sectors)
    {
        if (sectors == 0) throw new ProtocolException(type, "an empty range");
        if (first > _volumeSectors || sectors > _volumeSectors - first)
            throw new ProtocolException(type, $"{sectors} sectors from sector {first} on are not all in a volume of {_volumeSectors} sectors");
        return (long)first;
    }

    /// <summary>Checks the length of a WRITE's data, in bytes.</summary>
    public int WriteBytes(MessageType type, uint bytes)
    {
        if (bytes is < WireLimits.MinWriteBytes or > WireLimits.MaxWriteBytes || bytes % Units.SectorBytes != 0)
            throw new ProtocolException(type, $"{bytes} bytes of data; allowed are {WireLimits.MinWriteBytes} to {WireLimits.MaxWriteBytes} in multiples of {Units.SectorBytes}");
        return (int)bytes;
    }

    /// <summary>Checks a run of units to hash: aligned, at most <see cref="WireLimits.MaxHashUnits"/>, the last one beginning in the volume.</summary>
    public (long FirstSector, int Units, int UnitBytes) HashRange(MessageType type, ulong first, uint units, uint unitBytes)
    {
        if (unitBytes is not (Units.FineBytes or Units.ChunkBytes))
            throw new ProtocolException(type, $"units of {unitBytes} bytes; allowed are {Units.FineBytes} and {Units.ChunkBytes}");
        if (units is 0 or > WireLimits.MaxHashUnits) throw new ProtocolException(type, $"{units} units; allowed are 1 to {WireLimits.MaxHashUnits}");
        ulong unitSectors = unitBytes / Units.SectorBytes;
        if (first % unitSectors != 0) throw new ProtocolException(type, $"sector {first} is not a multiple of the unit of {unitSectors} sectors");
        Range(type, first, (units - 1) * unitSectors + 1);
        return ((long)first, (int)units, (int)unitBytes);
    }

    /// <summary>Checks a position in sectors, the end of the volume included.</summary>
    public long Position(MessageType type, ulong sector)
    {
        if (sector > _volumeSectors) throw new ProtocolException(type, $"position {sector} is past the volume's {_volumeSectors} sectors");
        return (long)sector;
    }

    // The rest does not depend on the connection.

    /// <summary>Checks the size of a volume in sectors.</summary>
    public static long VolumeSize(MessageType type, ulong sectors)
    {
        if (sectors is 0 or > WireLimits.MaxVolumeSectors) throw new ProtocolException(type, $"a volume of {sectors} sectors; allowed are 1 to {WireLimits.MaxVolumeSectors}");
        return (long)sectors;
    }

    /// <summary>Checks a power of two between two bounds.</summary>
    public static int PowerOfTwo(MessageType type, string field, uint value, uint low, uint high)
    {
        if (!BitOperations.IsPow2(value) || value < low || value > high) throw new ProtocolException(type, $"{field} of {value} bytes; allowed are powers of two from {low} to {high}");
        return (int)value;
    }

    /// <summary>Checks a length in bytes between two bounds.</summary>
    public static int Length(MessageType type, string field, uint value, int low, int high)
    {
        if (value < (uint)low || value > (uint)high) throw new ProtocolException(type, $"{field} of {value} bytes; allowed are {low} to {high}");
        return (int)value;
    }

    /// <summary>Refuses flag bits that are not defined.</summary>
    public static byte Flags(MessageType type, byte value, byte known)
    {
        if ((value & ~known) != 0) throw new ProtocolException(type, $"flags 0x{value:x2}; defined are 0x{known:x2}");
        return value;
    }

    /// <summary>Checks a state.</summary>
    /// <param name="type">Of which message.</param>
    /// <param name="value">The byte.</param>
    /// <param name="none">Whether 0 is allowed.</param>
    public static StreamState State(MessageType type, byte value, bool none)
    {
        if (value > (byte)StreamState.Rescan || (value == 0 && !none)) throw new ProtocolException(type, $"state {value} is unknown");
        return (StreamState)value;
    }

    /// <summary>Checks a rate.</summary>
    public static Taps.TapRate Rate(MessageType type, byte value)
    {
        if (value > (byte)Taps.TapRate.Hi) throw new ProtocolException(type, $"rate {value} is unknown");
        return (Taps.TapRate)value;
    }

    /// <summary>Checks a count of bytes in a report.</summary>
    public static long Reported(MessageType type, string field, ulong value)
    {
        if (value > WireLimits.MaxReportedBytes) throw new ProtocolException(type, $"{field} of {value} bytes; allowed are at most {WireLimits.MaxReportedBytes}");
        return (long)value;
    }

    /// <summary>Checks a time in milliseconds since 1970.</summary>
    public static long Time(MessageType type, ulong value)
    {
        if (value > WireLimits.MaxTimeMilliseconds) throw new ProtocolException(type, $"time {value} is past the year 9999");
        return (long)value;
    }
}
