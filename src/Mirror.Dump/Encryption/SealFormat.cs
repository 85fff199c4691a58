using System.Security.Cryptography;

namespace Mirror.Dump.Encryption;

/// <summary>The numbers of docs/archive-encryption.md.</summary>
internal static class SealFormat
{
    public const int KeyBytes = 32;
    public const int IdBytes = 16;
    public const int MarkerBytes = 8;
    public const int TagBytes = 16;

    /// <summary>A block's head; its last 8 bytes are their own MAC.</summary>
    public const int HeadBytes = HeadBodyBytes + HeadMacBytes;
    public const int HeadBodyBytes = 24;
    public const int HeadMacBytes = 8;

    /// <summary>What sealing adds to a block.</summary>
    public const int OverheadBytes = HeadBytes + TagBytes;

    /// <summary>The most that a block may hold, opened.</summary>
    public const int MaxBlockBytes = 2 << 20;

    public const int MinSlotBytes = 16 << 10;
    public const int MaxSlotBytes = 1 << 20;

    public const uint LastOfArchive = 1;
    public const uint LastOfVolume = 2;

    /// <summary>What begins each block of the archive.</summary>
    public static byte[] Marker(ReadOnlySpan<byte> archiveId) => SHA256.HashData([.. "diskmirror archive v1 marker"u8, .. archiveId])[..MarkerBytes];

    /// <summary>One of the keys that come from the archive's.</summary>
    public static byte[] Derive(ReadOnlySpan<byte> archiveKey, ReadOnlySpan<byte> archiveId, ReadOnlySpan<byte> purpose)
    {
        byte[] key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, archiveKey, key, archiveId, purpose);
        return key;
    }
}
