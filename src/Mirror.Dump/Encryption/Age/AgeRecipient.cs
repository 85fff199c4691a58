using System.Security.Cryptography;

namespace Mirror.Dump.Encryption.Age;

/// <summary>Who may open: an X25519 public key, as text <c>age1...</c>.</summary>
public sealed class AgeRecipient : IEquatable<AgeRecipient>
{
    internal const string StanzaType = "X25519";
    internal static readonly byte[] WrapInfo = "age-encryption.org/v1/X25519"u8.ToArray();
    internal static readonly byte[] ZeroNonce = new byte[12];

    private const string Prefix = "age";

    private readonly byte[] _point;

    internal AgeRecipient(byte[] point) => _point = point;

    /// <summary>Reads <c>age1...</c>.</summary>
    /// <exception cref="AgeFormatException">It is no X25519 recipient; the message says what is wrong.</exception>
    public static AgeRecipient Parse(string text)
    {
        string shown = text.Length > 80 ? text[..80] + "..." : text;
        if (text.StartsWith("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
            throw new AgeFormatException("That is an identity (AGE-SECRET-KEY-...), which is secret; a recipient begins with age1. 'diskmirror key recipient' prints it.");
        if (text.StartsWith("ssh-", StringComparison.Ordinal))
            throw new AgeFormatException($"'{shown}' is an SSH key; only age1... recipients are supported. 'diskmirror key new' makes one.");
        if (!Bech32.TryDecode(text, out string prefix, out byte[] point) || text != text.ToLowerInvariant())
            throw new AgeFormatException($"'{shown}' is no recipient: age1 and 58 characters are expected, and a checksum that fits; one character may be wrong or missing.");
        if (prefix != Prefix || point.Length != AgePrimitives.KeyBytes)
            throw new AgeFormatException($"'{shown}' is no X25519 recipient; those of plugins are not supported.");
        return new AgeRecipient(point);
    }

    /// <inheritdoc/>
    public override string ToString() => Bech32.Encode(Prefix, _point);

    /// <inheritdoc/>
    public bool Equals(AgeRecipient? other) => other is not null && _point.AsSpan().SequenceEqual(other._point);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_point);

    internal AgeStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        byte[] ephemeral = RandomNumberGenerator.GetBytes(AgePrimitives.KeyBytes);
        byte[] share = AgePrimitives.PublicPoint(ephemeral);
        byte[] shared = AgePrimitives.Agree(ephemeral, _point)
            ?? throw new AgeFormatException($"The recipient {this} is a point of low order: nothing can be encrypted to it.");
        byte[] key = WrapKey(shared, share, _point);
        CryptographicOperations.ZeroMemory(ephemeral);
        CryptographicOperations.ZeroMemory(shared);
        byte[] body = AgePrimitives.Seal(key, ZeroNonce, fileKey);
        CryptographicOperations.ZeroMemory(key);
        return new AgeStanza([StanzaType, AgeBase64.Encode(share)], body);
    }

    internal static byte[] WrapKey(byte[] shared, byte[] share, byte[] point) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, AgePrimitives.KeyBytes, [.. share, .. point], WrapInfo);
}
