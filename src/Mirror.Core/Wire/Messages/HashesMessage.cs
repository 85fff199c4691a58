namespace Mirror.Core.Wire;

/// <summary>HASHES, server: the tags of these units follow, unless all of them are zero.</summary>
/// <param name="FirstSector">A multiple of the unit.</param>
/// <param name="Count">Units, 1 to <see cref="WireLimits.MaxHashUnits"/>.</param>
/// <param name="UnitBytes">4096 or 1048576.</param>
/// <param name="Flags">Whether tags follow.</param>
public readonly record struct HashesMessage(long FirstSector, int Count, int UnitBytes, HashesFlags Flags) : IMessage<HashesMessage>
{
    /// <summary>Bytes before the tags.</summary>
    public const int Size = 1 + 8 + 4 + 4 + 1;

    public static MessageType Type => MessageType.Hashes;

    public int EncodedBytes => Size;

    /// <summary>Bytes of tags that follow.</summary>
    public int TagBytes => (Flags & HashesFlags.AllZero) != 0 ? 0 : Count * WireLimits.TagBytes;

    // type 0x53, first sector u64, units u32, unit bytes u32, flags u8, then tags of 16 each
    public int Encode(Span<byte> destination)
    {
        var w = new WireWriter(destination, Type);
        w.UInt64((ulong)FirstSector);
        w.UInt32((uint)Count);
        w.UInt32((uint)UnitBytes);
        w.UInt8((byte)Flags);
        return w.Written;
    }

    public static HashesMessage Decode(ReadOnlySpan<byte> source, FrameValidator validator)
    {
        var r = new WireReader(source, Type);
        (long first, int count, int unitBytes) = validator.HashRange(Type, r.UInt64(), r.UInt32(), r.UInt32());
        var flags = (HashesFlags)FrameValidator.Flags(Type, r.UInt8(), (byte)HashesFlags.AllZero);
        r.End();
        return new HashesMessage(first, count, unitBytes, flags);
    }
}
