using System.Buffers.Binary;
using System.Text;

namespace Mirror.Core.Wire;

/// <summary>RESTORE_VIEW, server: what the client reads from here on, on this connection.</summary>
/// <param name="Flags">Whether it is an instant of the disk.</param>
/// <param name="SizeSectors">The volume's size.</param>
/// <param name="LogicalBlockBytes">The disk's logical block; a restored disk needs the same.</param>
/// <param name="View">Equal only to the id of a view with the same content.</param>
/// <param name="HashKey">The key of its tags.</param>
/// <param name="Mark">The mark whose instant it is; 0 when there is none.</param>
/// <param name="TimeMilliseconds">When that was, by the client's clock, since 1970; 0 when not known.</param>
/// <param name="StoredBytes">At most this many bytes of it are not zero.</param>
/// <param name="Identity">Which disk it is the copy of.</param>
public readonly record struct RestoreViewMessage(RestoreViewFlags Flags, long SizeSectors, int LogicalBlockBytes, Guid View, Bytes32 HashKey,
    ulong Mark, long TimeMilliseconds, long StoredBytes, string Identity) : IMessage<RestoreViewMessage>
{
    private const int HeadSize = 1 + 1 + 8 + 4 + 16 + Bytes32.Size + 8 + 8 + 8 + 2;

    /// <summary>The longest RESTORE_VIEW in bytes.</summary>
    public const int MaxSize = HeadSize + WireLimits.MaxIdentityBytes;

    public static MessageType Type => MessageType.RestoreView;

    public int EncodedBytes => HeadSize + WireText.CleanBytes(Identity, WireLimits.MaxIdentityBytes);

    /// <summary>Bytes that are needed to know more, at last those of the whole message.</summary>
    internal static int Measure(ReadOnlySpan<byte> soFar) => soFar.Length < HeadSize
        ? HeadSize
        : HeadSize + FrameValidator.Length(Type, "identity", BinaryPrimitives.ReadUInt16LittleEndian(soFar[(HeadSize - 2)..]), 0, WireLimits.MaxIdentityBytes);

    // type 0x60, flags u8, size in sectors u64, logical block bytes u32, view id 16, hash key 32, mark u64, time u64, stored bytes u64,
    // identity length u16, identity
    public int Encode(Span<byte> destination)
    {
        byte[] identity = Encoding.UTF8.GetBytes(WireText.Clean(Identity, WireLimits.MaxIdentityBytes));
        var w = new WireWriter(destination, Type);
        w.UInt8((byte)Flags);
        w.UInt64((ulong)SizeSectors);
        w.UInt32((uint)LogicalBlockBytes);
        w.Id(View);
        w.Bytes32(HashKey);
        w.UInt64(Mark);
        w.UInt64((ulong)TimeMilliseconds);
        w.UInt64((ulong)StoredBytes);
        w.UInt16((ushort)identity.Length);
        w.Bytes(identity);
        return w.Written;
    }

    public static RestoreViewMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        var flags = (RestoreViewFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)RestoreViewFlags.Consistent);
        long size = FrameValidator.VolumeSize(Type, r.UInt64());
        int block = FrameValidator.PowerOfTwo(Type, "logical block", r.UInt32(), WireLimits.MinLogicalBlockBytes, WireLimits.MaxLogicalBlockBytes);
        Guid view = r.Id();
        Bytes32 key = r.Bytes32();
        ulong mark = r.UInt64();
        long time = FrameValidator.Time(Type, r.UInt64());
        long stored = FrameValidator.Reported(Type, "stored", r.UInt64());
        int identityBytes = FrameValidator.Length(Type, "identity", r.UInt16(), 0, WireLimits.MaxIdentityBytes);
        string identity = WireText.DecodeStrict(Type, "identity", r.Bytes(identityBytes));
        r.End();
        return new RestoreViewMessage(flags, size, block, view, key, mark, time, stored, identity);
    }
}
