using System.Security.Cryptography;
using Mirror.Core.Wire;

namespace Mirror.Core.Security;

/// <summary>The two proofs of docs/protocol.md section 3: HMAC-SHA256(proof key, label || SHA-256(certificate seen) || HELLO || CHALLENGE).</summary>
internal static class HandshakeProof
{
    private static ReadOnlySpan<byte> ClientLabel => "DiskMirror client proof v1"u8;

    private static ReadOnlySpan<byte> ServerLabel => "DiskMirror server proof v1"u8;

    public static Bytes32 OfClient(byte[] key, ReadOnlySpan<byte> certificateHash, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> challenge) =>
        Make(key, ClientLabel, certificateHash, hello, challenge);

    public static Bytes32 OfServer(byte[] key, ReadOnlySpan<byte> certificateHash, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> challenge) =>
        Make(key, ServerLabel, certificateHash, hello, challenge);

    /// <summary>Compares in constant time.</summary>
    public static bool Same(Bytes32 expected, Bytes32 found)
    {
        Span<byte> a = stackalloc byte[Bytes32.Size], b = stackalloc byte[Bytes32.Size];
        expected.CopyTo(a);
        found.CopyTo(b);
        return CryptographicOperations.FixedTimeEquals(a, b);
    }

    private static Bytes32 Make(byte[] key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> certificateHash, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> challenge)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(label);
        mac.AppendData(certificateHash);
        mac.AppendData(hello);
        mac.AppendData(challenge);
        Span<byte> proof = stackalloc byte[Bytes32.Size];
        mac.GetHashAndReset(proof);
        return new Bytes32(proof);
    }
}
