using System.Text;
using Mirror.Core.Security;

namespace Mirror.Core.Wire;

/// <summary>HELLO, client: which volume, with which right, in which versions.</summary>
public readonly record struct HelloMessage(ushort LowestVersion, ushort HighestVersion, ulong Features, MirrorRight Right, string Volume, Bytes32 Nonce)
    : IMessage<HelloMessage>
{
    /// <summary>Bytes up to and with the volume's length, which say how many follow.</summary>
    public const int HeadSize = 1 + 4 + 2 + 2 + 8 + 1 + 1;

    /// <summary>The longest HELLO in bytes.</summary>
    public const int MaxSize = HeadSize + WireLimits.MaxVolumeNameBytes + Bytes32.Size;

    /// <summary>The first bytes of HELLO and CHALLENGE behind the type.</summary>
    public static ReadOnlySpan<byte> Magic => "DMIR"u8;

    public static MessageType Type => MessageType.Hello;

    public int EncodedBytes => HeadSize + Volume.Length + Bytes32.Size;

    /// <summary>Bytes of the whole HELLO whose first <see cref="HeadSize"/> bytes are <paramref name="head"/>.</summary>
    internal static int Measure(ReadOnlySpan<byte> head) =>
        HeadSize + FrameValidator.Length(Type, "volume name", head[HeadSize - 1], 1, WireLimits.MaxVolumeNameBytes) + Bytes32.Size;

    /// <summary>Refuses a message whose type and magic are not those of HELLO.</summary>
    /// <returns>Bytes of the magic.</returns>
    internal static int CheckMagic(ReadOnlySpan<byte> message)
    {
        var r = new WireReader(message, Type);
        if (!r.Bytes(Magic.Length).SequenceEqual(Magic)) throw new ProtocolException(Type, "the magic is wrong; the peer does not speak this protocol");
        return Magic.Length;
    }

    // type 0x01, magic "DMIR", lowest version u16, highest version u16, features u64, right u8, volume length u8, volume, nonce 32
    public int Encode(Span<byte> destination)
    {
        if (!VolumeName.IsValid(Volume)) throw new ArgumentException($"'{Volume}' is not a volume name. {VolumeName.Rule}");
        var w = new WireWriter(destination, Type);
        w.Bytes(Magic);
        w.UInt16(LowestVersion);
        w.UInt16(HighestVersion);
        w.UInt64(Features);
        w.UInt8((byte)Right);
        w.UInt8((byte)Volume.Length);
        w.Bytes(Encoding.ASCII.GetBytes(Volume));
        w.Bytes32(Nonce);
        return w.Written;
    }

    public static HelloMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        r.Bytes(CheckMagic(source));
        ushort lowest = r.UInt16();
        ushort highest = r.UInt16();
        ulong features = r.UInt64();
        byte right = r.UInt8();
        int length = FrameValidator.Length(Type, "volume name", r.UInt8(), 1, WireLimits.MaxVolumeNameBytes);
        ReadOnlySpan<byte> name = r.Bytes(length);
        Bytes32 nonce = r.Bytes32();
        r.End();
        if (lowest > highest) throw new ProtocolException(Type, $"versions {lowest} to {highest}");
        if (right is not ((byte)MirrorRight.Mirror or (byte)MirrorRight.Restore)) throw new ProtocolException(Type, $"right {right} is unknown");
        if (!VolumeName.IsValid(name)) throw new ProtocolException(Type, "the volume name holds characters that are not allowed");
        return new HelloMessage(lowest, highest, features, (MirrorRight)right, Encoding.ASCII.GetString(name), nonce);
    }
}
