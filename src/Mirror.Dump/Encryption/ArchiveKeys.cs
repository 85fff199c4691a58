using System.Security.Cryptography;

namespace Mirror.Dump.Encryption;

/// <summary>The archive key and what comes from it (docs/archive-encryption.md section 1). Read-only; several threads may use it.</summary>
internal sealed class ArchiveKeys : IDisposable
{
    private readonly byte[] _archiveKey;
    private readonly byte[] _headerKey;

    public ArchiveKeys(byte[] archiveKey, byte[] archiveId)
    {
        _archiveKey = archiveKey;
        Id = archiveId;
        Marker = SealFormat.Marker(archiveId);
        BlockKey = SealFormat.Derive(archiveKey, archiveId, "diskmirror archive v1 blocks"u8);
        MarkKey = SealFormat.Derive(archiveKey, archiveId, "diskmirror archive v1 heads"u8);
        _headerKey = SealFormat.Derive(archiveKey, archiveId, "diskmirror archive v1 header"u8);
    }

    public byte[] Id { get; }

    public byte[] Marker { get; }

    public byte[] BlockKey { get; }

    public byte[] MarkKey { get; }

    public byte[] CopyArchiveKey() => (byte[])_archiveKey.Clone();

    /// <summary>Puts the MAC of a volume's header slot.</summary>
    public void SignHeader(ReadOnlySpan<byte> body, Span<byte> mac) => HMACSHA256.HashData(_headerKey, body, mac);

    public bool VerifyHeader(ReadOnlySpan<byte> body, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SignHeader(body, expected);
        return CryptographicOperations.FixedTimeEquals(expected, mac);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (byte[] key in new[] { _archiveKey, _headerKey, BlockKey, MarkKey }) CryptographicOperations.ZeroMemory(key);
    }
}
