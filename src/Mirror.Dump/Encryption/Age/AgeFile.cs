using System.Security.Cryptography;

namespace Mirror.Dump.Encryption.Age;

/// <summary>
/// An age v1 file that holds one small secret (docs/archive-encryption.md section 3): header, then 16 bytes of nonce, then one chunk of
/// ChaCha20-Poly1305. What the stock tool writes can be opened here, and the other way round.
/// </summary>
internal static class AgeFile
{
    private const int NonceBytes = 16;
    private const int TagBytes = 16;
    private const int MaxAttempts = 1 << 16;    // each takes some 50 microseconds

    /// <summary>The nonce of the first chunk that is also the last: counter 0, then 1.</summary>
    private static readonly byte[] OnlyChunk = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// <summary>Encrypts to recipients.</summary>
    public static byte[] Encrypt(ReadOnlySpan<byte> secret, IEnumerable<AgeRecipient> recipients)
    {
        byte[] fileKey = RandomNumberGenerator.GetBytes(AgePrimitives.FileKeyBytes);
        return Encrypt(secret, fileKey, [.. recipients.Distinct().Select(r => r.Wrap(fileKey))]);
    }

    /// <summary>Encrypts with a passphrase.</summary>
    public static byte[] Encrypt(ReadOnlySpan<byte> secret, AgePassphrase passphrase)
    {
        byte[] fileKey = RandomNumberGenerator.GetBytes(AgePrimitives.FileKeyBytes);
        return Encrypt(secret, fileKey, [passphrase.Wrap(fileKey)]);
    }

    /// <summary>The secret of <paramref name="secretBytes"/> bytes that the file holds.</summary>
    /// <exception cref="AgeFormatException">The file is not well made, or nothing at hand opens it.</exception>
    public static byte[] Decrypt(ReadOnlySpan<byte> file, int secretBytes, IEnumerable<AgeIdentity> identities, AgePassphrase? passphrase)
    {
        AgeHeader header = AgeHeader.Read(file);
        byte[] fileKey = FileKey(header, identities, passphrase);
        ReadOnlySpan<byte> payload = file[header.Bytes..];
        if (payload.Length != NonceBytes + secretBytes + TagBytes)
            throw new AgeFormatException($"the wrapped key's payload is {payload.Length} bytes long, not {NonceBytes + secretBytes + TagBytes}");
        return AgePrimitives.Open(PayloadKey(fileKey, payload[..NonceBytes]), OnlyChunk, payload[NonceBytes..])
            ?? throw new AgeFormatException("the wrapped key's payload has been altered: its tag does not verify");
    }

    /// <summary>The same file, openable by more recipients.</summary>
    /// <exception cref="AgeFormatException">Nothing at hand opens it, or it has a passphrase, which stands alone.</exception>
    public static byte[] Add(ReadOnlySpan<byte> file, IEnumerable<AgeIdentity> identities, IEnumerable<AgeRecipient> recipients)
    {
        AgeHeader header = AgeHeader.Read(file);
        if (header.Stanzas.Any(s => s.Type == AgePassphrase.StanzaType))
            throw new AgeFormatException("it has a passphrase, and a passphrase stands alone: no recipient can be added");
        byte[] fileKey = FileKey(header, identities, null);
        return [.. AgeHeader.Write([.. header.Stanzas, .. recipients.Distinct().Select(r => r.Wrap(fileKey))], fileKey), .. file[header.Bytes..]];
    }

    private static byte[] Encrypt(ReadOnlySpan<byte> secret, byte[] fileKey, AgeStanza[] stanzas)
    {
        if (stanzas.Length == 0) throw new ArgumentException("A file that nobody can open.", nameof(stanzas));
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        byte[] payload = AgePrimitives.Seal(PayloadKey(fileKey, nonce), OnlyChunk, secret);
        byte[] header = AgeHeader.Write(stanzas, fileKey);
        CryptographicOperations.ZeroMemory(fileKey);
        return [.. header, .. nonce, .. payload];
    }

    private static byte[] FileKey(AgeHeader header, IEnumerable<AgeIdentity> identities, AgePassphrase? passphrase)
    {
        // Every stanza of a known type must be well made before any work is done.
        bool scrypt = false;
        foreach (AgeStanza stanza in header.Stanzas)
        {
            if (stanza.Type == AgeRecipient.StanzaType)
            {
                AgeIdentity.ReadShare(stanza);
            }
            else if (stanza.Type == AgePassphrase.StanzaType)
            {
                AgePassphrase.ReadStanza(stanza);
                scrypt = true;
            }
        }
        if (scrypt && header.Stanzas.Count != 1) throw new AgeFormatException("a scrypt stanza stands among others; a passphrase stands alone");
        byte[]? fileKey;
        if (scrypt)
        {
            if (passphrase is null) throw new AgeFormatException("it was encrypted with a passphrase: give it by --passphrase-file");
            fileKey = passphrase.Unwrap(header.Stanzas[0]) ?? throw new AgeFormatException("the passphrase is not the one that it was encrypted with");
        }
        else
        {
            AgeIdentity[] tried = [.. identities];
            if (tried.Length == 0) throw new AgeFormatException("it was encrypted to recipients: give the identity of one by --identity");
            if ((long)tried.Length * header.Stanzas.Count > MaxAttempts)
                throw new AgeFormatException($"it has {header.Stanzas.Count} recipients, and there are {tried.Length} identities: more than {MaxAttempts} pairs are not tried; give fewer identities");
            fileKey = header.Stanzas.SelectMany(s => tried.Select(i => i.Unwrap(s))).FirstOrDefault(k => k is not null)
                ?? throw new AgeFormatException($"none of its {header.Stanzas.Count} recipients is that of an identity at hand ({string.Join(", ", tried.Take(3).Select(i => i.Recipient))})");
        }
        return header.Verify(fileKey) ? fileKey : throw new AgeFormatException("the wrapped key's header has been altered: its MAC does not verify");
    }

    private static byte[] PayloadKey(byte[] fileKey, ReadOnlySpan<byte> nonce)
    {
        byte[] key = new byte[AgePrimitives.KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, nonce, "payload"u8);
        return key;
    }
}
