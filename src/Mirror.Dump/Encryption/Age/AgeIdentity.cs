using System.Security.Cryptography;

namespace Mirror.Dump.Encryption.Age;

/// <summary>What opens: an X25519 secret key, as text <c>AGE-SECRET-KEY-1...</c>.</summary>
public sealed class AgeIdentity : IDisposable
{
    private const string Prefix = "age-secret-key-";

    private readonly byte[] _scalar;

    private AgeIdentity(byte[] scalar)
    {
        _scalar = scalar;
        Recipient = new AgeRecipient(AgePrimitives.PublicPoint(scalar));
    }

    /// <summary>Who encrypts to this key names this.</summary>
    public AgeRecipient Recipient { get; }

    /// <summary>A new random one.</summary>
    public static AgeIdentity New() => new(RandomNumberGenerator.GetBytes(AgePrimitives.KeyBytes));

    /// <summary>Reads <c>AGE-SECRET-KEY-1...</c>.</summary>
    /// <exception cref="AgeFormatException">It is none. The message does not repeat the text.</exception>
    public static AgeIdentity Parse(string text)
    {
        if (!Bech32.TryDecode(text, out string prefix, out byte[] scalar) || text != text.ToUpperInvariant() || prefix != Prefix || scalar.Length != AgePrimitives.KeyBytes)
            throw new AgeFormatException("no X25519 identity: AGE-SECRET-KEY-1 and 58 characters in capitals are expected, and a checksum that fits.");
        return new AgeIdentity(scalar);
    }

    /// <summary>The secret, as text.</summary>
    public string ToSecretText() => Bech32.Encode(Prefix, _scalar).ToUpperInvariant();

    /// <inheritdoc/>
    public override string ToString() => $"identity of {Recipient}";

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_scalar);

    /// <summary>The file key; null when the stanza is for somebody else.</summary>
    /// <exception cref="AgeFormatException">The stanza is not well made.</exception>
    internal byte[]? Unwrap(AgeStanza stanza)
    {
        if (stanza.Type != AgeRecipient.StanzaType) return null;
        byte[] share = ReadShare(stanza);
        byte[] shared = AgePrimitives.Agree(_scalar, share) ?? throw new AgeFormatException("an X25519 stanza holds a point of low order");
        byte[] key = AgeRecipient.WrapKey(shared, share, AgePrimitives.PublicPoint(_scalar));
        CryptographicOperations.ZeroMemory(shared);
        byte[]? fileKey = AgePrimitives.Open(key, AgeRecipient.ZeroNonce, stanza.Body);
        CryptographicOperations.ZeroMemory(key);
        return fileKey;
    }

    /// <summary>Checks an X25519 stanza and gives its share.</summary>
    internal static byte[] ReadShare(AgeStanza stanza)
    {
        if (stanza.Arguments.Length != 2) throw new AgeFormatException($"an X25519 stanza has {stanza.Arguments.Length - 1} arguments, not 1");
        if (!AgeBase64.TryDecode(stanza.Arguments[1], out byte[] share) || share.Length != AgePrimitives.KeyBytes)
            throw new AgeFormatException("an X25519 stanza's share is not 32 bytes in canonical base64");
        if (stanza.Body.Length != AgePrimitives.FileKeyBytes + 16) throw new AgeFormatException($"an X25519 stanza wraps {stanza.Body.Length} bytes, not 32");
        return share;
    }
}
