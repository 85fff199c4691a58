using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mirror.Dump.Encryption;

/// <summary>
/// What stands before each block: marker, number u64, bytes u32, flags u32, MAC 8 bytes. The MAC makes a length that can be believed, and a place
/// from which a reader can go on after damage.
/// </summary>
/// <param name="Number">The block's number in the archive.</param>
/// <param name="Length">Bytes in it, opened.</param>
/// <param name="Flags">Whether it is the last one.</param>
internal readonly record struct BlockHead(long Number, int Length, uint Flags)
{
    /// <summary>Bytes of the whole block in the file.</summary>
    public int SealedBytes => Length + SealFormat.OverheadBytes;

    public bool LastOfVolume => (Flags & SealFormat.LastOfVolume) != 0;

    public bool LastOfArchive => (Flags & SealFormat.LastOfArchive) != 0;

    /// <summary>The number that a block has in its head.</summary>
    public static long NumberOf(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadInt64LittleEndian(block[SealFormat.MarkerBytes..]);

    /// <summary>Writes a head.</summary>
    /// <param name="to">The beginning of the block.</param>
    /// <param name="marker">The archive's marker.</param>
    /// <param name="hmac">With the mark key, empty; it is left empty.</param>
    public void Write(Span<byte> to, ReadOnlySpan<byte> marker, IncrementalHash hmac)
    {
        marker.CopyTo(to);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], Flags);
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        hmac.AppendData(to[..SealFormat.HeadBodyBytes]);
        hmac.GetHashAndReset(mac);
        mac[..SealFormat.HeadMacBytes].CopyTo(to[SealFormat.HeadBodyBytes..]);
    }

    /// <summary>Reads a head; false when these bytes are none of this archive.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, ReadOnlySpan<byte> marker, IncrementalHash hmac, int maxLength, out BlockHead head)
    {
        head = default;
        if (from.Length < SealFormat.HeadBytes || !from.StartsWith(marker)) return false;
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        hmac.AppendData(from[..SealFormat.HeadBodyBytes]);
        hmac.GetHashAndReset(mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..SealFormat.HeadMacBytes], from.Slice(SealFormat.HeadBodyBytes, SealFormat.HeadMacBytes))) return false;
        long number = BinaryPrimitives.ReadInt64LittleEndian(from[8..]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(from[16..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(from[20..]);
        if (number < 0 || length < 0 || length > maxLength) return false;
        // Only the end block has flags, and it is empty.
        if (flags != 0 && (length != 0 || flags is not (SealFormat.LastOfVolume or (SealFormat.LastOfVolume | SealFormat.LastOfArchive)))) return false;
        head = new BlockHead(number, length, flags);
        return true;
    }
}
