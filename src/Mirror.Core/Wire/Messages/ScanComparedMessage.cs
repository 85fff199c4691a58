namespace Mirror.Core.Wire;

/// <summary>SCAN_COMPARED, client: how much a guarded scan would change. In bytes.</summary>
/// <param name="Different">Where disk and image differ.</param>
/// <param name="DifferentNonZero">Of these, where the image is not zero.</param>
/// <param name="NonZero">Where the image is not zero.</param>
public readonly record struct ScanComparedMessage(long Different, long DifferentNonZero, long NonZero) : IMessage<ScanComparedMessage>
{
    public const int Size = 1 + 8 + 8 + 8;

    public static MessageType Type => MessageType.ScanCompared;

    public int EncodedBytes => Size;

    // type 0x16, bytes that differ u64, of these where the image is not zero u64, bytes of the image that are not zero u64
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)Different);
        w.UInt64((ulong)DifferentNonZero);
        w.UInt64((ulong)NonZero);
        return w.Written;
    }

    public static ScanComparedMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        long different = FrameValidator.Reported(Type, "a difference", r.UInt64());
        long differentNonZero = FrameValidator.Reported(Type, "a difference", r.UInt64());
        long nonZero = FrameValidator.Reported(Type, "an image", r.UInt64());
        r.End();
        if (differentNonZero > different) throw new ProtocolException(Type, $"{differentNonZero} bytes are said to be part of {different}");
        return new ScanComparedMessage(different, differentNonZero, nonZero);
    }
}
