using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace Mirror.Dump.Encryption.Age;

/// <summary>
/// What age is made of. X25519 and scrypt are the two that the base library lacks; they come from BouncyCastle, and only by names that
/// BouncyCastle.Cryptography 2.x and Portable.BouncyCastle 1.8.10 both have (build.sh chooses).
/// </summary>
internal static class AgePrimitives
{
    /// <summary>Bytes of a key, a point, a scalar.</summary>
    public const int KeyBytes = 32;

    /// <summary>Bytes of age's own file key.</summary>
    public const int FileKeyBytes = 16;

    private const int TagBytes = 16;
    private const int ScryptBlocks = 8;

    /// <summary>The point that a secret scalar stands for.</summary>
    public static byte[] PublicPoint(byte[] scalar)
    {
        byte[] point = new byte[KeyBytes];
        X25519.ScalarMultBase(scalar, 0, point, 0);
        return point;
    }

    /// <summary>The shared secret; null when the point is of low order, so that the secret would be none.</summary>
    public static byte[]? Agree(byte[] scalar, byte[] point)
    {
        byte[] shared = new byte[KeyBytes];
        return X25519.CalculateAgreement(scalar, 0, point, 0, shared, 0) ? shared : null;
    }

    public static byte[] Scrypt(byte[] passphrase, byte[] salt, int workFactor) => SCrypt.Generate(passphrase, salt, 1 << workFactor, ScryptBlocks, 1, KeyBytes);

    /// <summary>Seals with ChaCha20-Poly1305.</summary>
    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain)
    {
        using var cipher = new ChaCha20Poly1305(key);
        byte[] sealedBytes = new byte[plain.Length + TagBytes];
        cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length));
        return sealedBytes;
    }

    /// <summary>Opens; null when the tag does not verify.</summary>
    public static byte[]? Open(byte[] key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < TagBytes) return null;
        using var cipher = new ChaCha20Poly1305(key);
        byte[] plain = new byte[sealedBytes.Length - TagBytes];
        try
        {
            cipher.Decrypt(nonce, sealedBytes[..plain.Length], sealedBytes[plain.Length..], plain);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
