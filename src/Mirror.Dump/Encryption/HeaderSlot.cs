using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Mirror.Dump.Encryption.Age;

namespace Mirror.Dump.Encryption;

/// <summary>One of the two headers that begin a volume. The byte table is section 2.1 of docs/archive-encryption.md.</summary>
internal sealed class HeaderSlot
{
    private const uint Version = 1;
    private const int TextBytes = 256;
    private const int MaxText = 255;
    private const int LabelAt = 128;
    private const int HostAt = LabelAt + TextBytes;
    private const int AgeAt = 1024;
    private const int SumBytes = 32;
    private const int MacBytes = 32;

    private readonly byte[] _slot;

    private HeaderSlot(byte[] slot, SealedHeader header, ulong sequence, byte[] ageFile)
    {
        _slot = slot;
        Header = header;
        Sequence = sequence;
        AgeFile = ageFile;
    }

    public static ReadOnlySpan<byte> Magic => "DMSEALED"u8;

    public SealedHeader Header { get; }

    public ulong Sequence { get; }

    public byte[] AgeFile { get; }

    public int Bytes => _slot.Length;

    public byte[] ArchiveId => _slot[24..40];

    /// <summary>Bytes of a slot in which the age file has room to double.</summary>
    /// <exception cref="AgeFormatException">There are more recipients than the largest slot holds.</exception>
    public static int BytesFor(int ageFileBytes)
    {
        int most = SealFormat.MaxSlotBytes - AgeAt - SumBytes - MacBytes;
        if (ageFileBytes > most) throw new AgeFormatException($"There are too many recipients: their keys take {ageFileBytes} bytes, and a header holds {most}.");
        uint wanted = BitOperations.RoundUpToPowerOf2((uint)(AgeAt + 2 * ageFileBytes + SumBytes + MacBytes));
        return (int)Math.Clamp(wanted, SealFormat.MinSlotBytes, SealFormat.MaxSlotBytes);
    }

    /// <summary>Makes a slot.</summary>
    public static byte[] Write(SealedHeader header, byte[] ageFile, int slotBytes, ulong sequence, ArchiveKeys keys)
    {
        if (AgeAt + ageFile.Length + SumBytes + MacBytes > slotBytes)
            throw new AgeFormatException($"There is no room for another recipient: the header has {slotBytes} bytes. Write the archive anew.");
        byte[] slot = new byte[slotBytes];
        Magic.CopyTo(slot);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(12), slotBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(slot.AsSpan(16), sequence);
        keys.Id.CopyTo(slot, 24);
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(40), header.Volume);
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(44), header.BlockBytes);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(48), header.FirstBlock);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(56), header.Created.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(slot.AsSpan(64), ageFile.Length);
        slot[68] = PutText(slot.AsSpan(LabelAt, TextBytes), header.Label);
        slot[69] = PutText(slot.AsSpan(HostAt, TextBytes), header.HostName);
        ageFile.CopyTo(slot, AgeAt);
        keys.SignHeader(slot.AsSpan(0, slotBytes - SumBytes - MacBytes), slot.AsSpan(slotBytes - SumBytes - MacBytes, MacBytes));
        SHA256.HashData(slot.AsSpan(0, slotBytes - SumBytes), slot.AsSpan(slotBytes - SumBytes));
        return slot;
    }

    /// <summary>The bytes of a slot that these first bytes announce; 0 when they begin none.</summary>
    public static int Announced(ReadOnlySpan<byte> start)
    {
        if (start.Length < 16 || !start.StartsWith(Magic)) return 0;
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        return bytes is >= SealFormat.MinSlotBytes and <= SealFormat.MaxSlotBytes && BitOperations.IsPow2(bytes) ? (int)bytes : 0;
    }

    /// <summary>Reads a slot, whole.</summary>
    /// <returns>Null when it is damaged, with the reason.</returns>
    public static HeaderSlot? Read(byte[] slot, out string reason)
    {
        reason = "";
        if (Announced(slot) != slot.Length)
        {
            reason = "it does not begin like a header";
            return null;
        }
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(slot.AsSpan(8));
        Span<byte> sum = stackalloc byte[SumBytes];
        SHA256.HashData(slot.AsSpan(0, slot.Length - SumBytes), sum);
        if (!sum.SequenceEqual(slot.AsSpan(slot.Length - SumBytes)))
        {
            reason = "its checksum does not fit";
            return null;
        }
        if (version != Version)
        {
            reason = $"it is of version {version}, which this DiskMirror does not know";
            return null;
        }
        int volume = BinaryPrimitives.ReadInt32LittleEndian(slot.AsSpan(40)), blockBytes = BinaryPrimitives.ReadInt32LittleEndian(slot.AsSpan(44));
        long firstBlock = BinaryPrimitives.ReadInt64LittleEndian(slot.AsSpan(48)), created = BinaryPrimitives.ReadInt64LittleEndian(slot.AsSpan(56));
        uint ageBytes = BinaryPrimitives.ReadUInt32LittleEndian(slot.AsSpan(64));
        if (volume < 1 || blockBytes is < 1 or > SealFormat.MaxBlockBytes || firstBlock < 0 || ageBytes == 0 || ageBytes > (uint)(slot.Length - AgeAt - SumBytes - MacBytes)
            || created is < 0 or > 253402300799999)
        {
            reason = "it holds numbers outside their bounds";
            return null;
        }
        byte[] ageFile = slot[AgeAt..(AgeAt + (int)ageBytes)];
        var header = new SealedHeader
        {
            ArchiveId = new Guid(slot.AsSpan(24, SealFormat.IdBytes)),
            Volume = volume,
            BlockBytes = blockBytes,
            FirstBlock = firstBlock,
            Created = DateTimeOffset.FromUnixTimeMilliseconds(created),
            Label = Encoding.UTF8.GetString(slot, LabelAt, slot[68]),
            HostName = Encoding.UTF8.GetString(slot, HostAt, slot[69]),
            Recipients = CountRecipients(ageFile),
        };
        return new HeaderSlot(slot, header, BinaryPrimitives.ReadUInt64LittleEndian(slot.AsSpan(16)), ageFile);
    }

    /// <summary>Whether the slot was made with this key.</summary>
    public bool Verify(ArchiveKeys keys)
    {
        int body = _slot.Length - SumBytes - MacBytes;
        return keys.VerifyHeader(_slot.AsSpan(0, body), _slot.AsSpan(body, MacBytes));
    }

    private static int CountRecipients(byte[] ageFile)
    {
        try
        {
            IReadOnlyList<AgeStanza> stanzas = AgeHeader.Read(ageFile).Stanzas;
            return stanzas.Any(s => s.Type == AgePassphrase.StanzaType) ? 0 : stanzas.Count;
        }
        catch (AgeFormatException)
        {
            return 0;
        }
    }

    /// <summary>Puts a text, cut at a character's border where it is too long.</summary>
    private static byte PutText(Span<byte> to, string text)
    {
        Encoding.UTF8.GetEncoder().Convert(text, to[..MaxText], flush: true, out _, out int bytes, out _);
        return (byte)bytes;
    }
}
