using System.Buffers.Binary;
using System.Text;

namespace Mirror.Core.Wire;

/// <summary>IDENTIFY, client: which disk stands behind the volume. Texts are cleaned and cut to their limits when they are encoded.</summary>
public readonly record struct IdentifyMessage(IdentifyFlags Flags, long SizeSectors, int LogicalBlockBytes, int GranuleBytes, Guid Machine, Guid Client, string Identity, string HostName)
    : IMessage<IdentifyMessage>
{
    /// <summary>Bytes up to and with the identity's length.</summary>
    private const int HeadSize = 1 + 1 + 8 + 4 + 4 + 16 + 16 + 2;

    /// <summary>The longest IDENTIFY in bytes.</summary>
    public const int MaxSize = HeadSize + WireLimits.MaxIdentityBytes + 1 + WireLimits.MaxHostNameBytes;

    private const byte KnownFlags = (byte)(IdentifyFlags.Adopt | IdentifyFlags.AdoptAndReplace | IdentifyFlags.RescanOnly);

    public static MessageType Type => MessageType.Identify;

    public int EncodedBytes => HeadSize + WireText.CleanBytes(Identity, WireLimits.MaxIdentityBytes) + 1 + WireText.CleanBytes(HostName, WireLimits.MaxHostNameBytes);

    /// <summary>Bytes that are needed to know more, at last those of the whole message.</summary>
    internal static int Measure(ReadOnlySpan<byte> soFar)
    {
        if (soFar.Length < HeadSize) return HeadSize;
        int name = HeadSize + FrameValidator.Length(Type, "identity", BinaryPrimitives.ReadUInt16LittleEndian(soFar[(HeadSize - 2)..]), 1, WireLimits.MaxIdentityBytes);
        if (soFar.Length < name + 1) return name + 1;
        return name + 1 + FrameValidator.Length(Type, "host name", soFar[name], 0, WireLimits.MaxHostNameBytes);
    }

    // type 0x03, flags u8, size in sectors u64, logical block bytes u32, granule bytes u32, machine id 16, client id 16,
    // identity length u16, identity, host name length u8, host name
    public int Encode(Span<byte> destination)
    {
        byte[] identity = Encoding.UTF8.GetBytes(WireText.Clean(Identity, WireLimits.MaxIdentityBytes));
        byte[] host = Encoding.UTF8.GetBytes(WireText.Clean(HostName, WireLimits.MaxHostNameBytes));
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)Flags);
        w.UInt64((ulong)SizeSectors);
        w.UInt32((uint)LogicalBlockBytes);
        w.UInt32((uint)GranuleBytes);
        w.Id(Machine);
        w.Id(Client);
        w.UInt16((ushort)identity.Length);
        w.Bytes(identity);
        w.UInt8((byte)host.Length);
        w.Bytes(host);
        return w.Written;
    }

    public static IdentifyMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        byte flags = FrameValidator.Flags(Type, r.UInt8(), KnownFlags);
        long size = FrameValidator.VolumeSize(Type, r.UInt64());
        int block = FrameValidator.PowerOfTwo(Type, "logical block", r.UInt32(), WireLimits.MinLogicalBlockBytes, WireLimits.MaxLogicalBlockBytes);
        int granule = FrameValidator.PowerOfTwo(Type, "granule", r.UInt32(), WireLimits.MinGranuleBytes, WireLimits.MaxGranuleBytes);
        Guid machine = r.Id();
        Guid client = r.Id();
        int identityBytes = FrameValidator.Length(Type, "identity", r.UInt16(), 1, WireLimits.MaxIdentityBytes);
        string identity = WireText.DecodeStrict(Type, "identity", r.Bytes(identityBytes));
        int hostBytes = FrameValidator.Length(Type, "host name", r.UInt8(), 0, WireLimits.MaxHostNameBytes);
        string host = WireText.DecodeStrict(Type, "host name", r.Bytes(hostBytes));
        r.End();
        return new IdentifyMessage((IdentifyFlags)flags, size, block, granule, machine, client, identity, host);
    }
}
