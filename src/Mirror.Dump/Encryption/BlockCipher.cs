using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mirror.Dump.Encryption;

/// <summary>Seals and opens single blocks. One for each thread.</summary>
internal sealed class BlockCipher(ArchiveKeys keys) : IDisposable
{
    private readonly AesGcm _cipher = new(keys.BlockKey, SealFormat.TagBytes);
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.MarkKey);

    /// <summary>Writes a sealed block: <paramref name="plain"/> and <see cref="SealFormat.OverheadBytes"/>.</summary>
    public void Seal(BlockHead head, ReadOnlySpan<byte> plain, Span<byte> to)
    {
        head.Write(to, keys.Marker, _hmac);
        Span<byte> nonce = stackalloc byte[12], associated = stackalloc byte[SealFormat.IdBytes + SealFormat.HeadBytes];
        Fill(to, nonce, associated);
        _cipher.Encrypt(nonce, plain, to.Slice(SealFormat.HeadBytes, plain.Length), to.Slice(SealFormat.HeadBytes + plain.Length, SealFormat.TagBytes), associated);
    }

    /// <summary>Opens a block that has a valid head; false when its tag does not verify, and then nothing of it is in <paramref name="plain"/>.</summary>
    public bool TryOpen(ReadOnlySpan<byte> block, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[12], associated = stackalloc byte[SealFormat.IdBytes + SealFormat.HeadBytes];
        Fill(block, nonce, associated);
        try
        {
            _cipher.Decrypt(nonce, block[SealFormat.HeadBytes..^SealFormat.TagBytes], block[^SealFormat.TagBytes..], plain, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            plain.Clear();
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cipher.Dispose();
        _hmac.Dispose();
    }

    private void Fill(ReadOnlySpan<byte> block, Span<byte> nonce, Span<byte> associated)
    {
        block.Slice(SealFormat.MarkerBytes, sizeof(long)).CopyTo(nonce);
        BinaryPrimitives.WriteUInt32LittleEndian(nonce[sizeof(long)..], 0);
        keys.Id.CopyTo(associated);
        block[..SealFormat.HeadBytes].CopyTo(associated[SealFormat.IdBytes..]);
    }
}
