namespace Mirror.Core.Wire;

/// <summary>HASH_REQUEST, client: hash these units of the image.</summary>
/// <param name="FirstSector">A multiple of the unit.</param>
/// <param name="Count">Units, 1 to <see cref="WireLimits.MaxHashUnits"/>; the last one may reach past the end of the volume.</param>
/// <param name="UnitBytes">4096 or 1048576.</param>
public readonly record struct HashRequestMessage(long FirstSector, int Count, int UnitBytes) : IMessage<HashRequestMessage>
{
    public const int Size = 1 + 8 + 4 + 4;

    public static MessageType Type => MessageType.HashRequest;

    public int EncodedBytes => Size;

    // type 0x15, first sector u64, units u32, unit bytes u32
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt32((uint)Count);
        w.UInt32((uint)UnitBytes);
        return w.Written;
    }

    public static HashRequestMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        (long first, int count, int unitBytes) = validator.HashRange(Type, r.UInt64(), r.UInt32(), r.UInt32());
        r.End();
        return new HashRequestMessage(first, count, unitBytes);
    }
}
