using System.Buffers.Binary;
using System.Text;

namespace Mirror.Core.Wire;

/// <summary>REFUSED, server: why it closes. The text is for the administrator; it is cleaned and cut to its limit on both sides.</summary>
public readonly record struct RefusedMessage(RefusalCode Code, int RetryAfterSeconds, string Text) : IMessage<RefusedMessage>
{
    private const int HeadSize = 1 + 2 + 2 + 2;

    /// <summary>The longest REFUSED in bytes.</summary>
    public const int MaxSize = HeadSize + WireLimits.MaxRefusalTextBytes;

    public static MessageType Type => MessageType.Refused;

    public int EncodedBytes => HeadSize + WireText.CleanBytes(Text, WireLimits.MaxRefusalTextBytes);

    /// <summary>Bytes that are needed to know more, at last those of the whole message.</summary>
    internal static int Measure(ReadOnlySpan<byte> soFar) => soFar.Length < HeadSize
        ? HeadSize
        : HeadSize + FrameValidator.Length(Type, "text", BinaryPrimitives.ReadUInt16LittleEndian(soFar[(HeadSize - 2)..]), 0, WireLimits.MaxRefusalTextBytes);

    // type 0x44, code u16, retry after seconds u16, text length u16, text
    public int Encode(Span<byte> destination)
    {
        byte[] text = Encoding.UTF8.GetBytes(WireText.Clean(Text, WireLimits.MaxRefusalTextBytes));
        var w = new WireWriter(destination, Type);
        w.UInt16((ushort)Code);
        w.UInt16((ushort)Math.Clamp(RetryAfterSeconds, 0, ushort.MaxValue));
        w.UInt16((ushort)text.Length);
        w.Bytes(text);
        return w.Written;
    }

    public static RefusedMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        ushort code = r.UInt16();
        ushort retry = r.UInt16();
        int length = FrameValidator.Length(Type, "text", r.UInt16(), 0, WireLimits.MaxRefusalTextBytes);
        string text = WireText.DecodeClean(r.Bytes(length));
        r.End();
        if (code == 0) throw new ProtocolException(Type, "code 0 is not defined");
        return new RefusedMessage((RefusalCode)code, retry, text);
    }
}
