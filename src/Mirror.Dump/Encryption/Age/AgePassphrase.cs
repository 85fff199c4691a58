using System.Globalization;
using System.Security.Cryptography;

namespace Mirror.Dump.Encryption.Age;

/// <summary>A passphrase, which opens what was encrypted with the same one. The bytes are used as they are.</summary>
public sealed class AgePassphrase : IDisposable
{
    /// <summary>What writers use: 2^18, 256 MiB and about a second.</summary>
    public const int WorkFactor = 18;

    /// <summary>The highest that is accepted on reading: 2^20 takes 1 GiB.</summary>
    public const int MaxWorkFactor = 20;

    internal const string StanzaType = "scrypt";
    private const int SaltBytes = 16;
    private static readonly byte[] SaltLabel = "age-encryption.org/v1/scrypt"u8.ToArray();

    private readonly byte[] _bytes;
    private readonly int _workFactor;

    /// <summary>Takes the passphrase's bytes.</summary>
    public AgePassphrase(ReadOnlySpan<byte> bytes)
        : this(bytes, WorkFactor)
    {
    }

    internal AgePassphrase(ReadOnlySpan<byte> bytes, int workFactor)
    {
        if (bytes.IsEmpty) throw new AgeFormatException("An empty passphrase protects nothing.");
        _bytes = bytes.ToArray();
        _workFactor = workFactor;
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    internal AgeStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] key = AgePrimitives.Scrypt(_bytes, [.. SaltLabel, .. salt], _workFactor);
        byte[] body = AgePrimitives.Seal(key, AgeRecipient.ZeroNonce, fileKey);
        CryptographicOperations.ZeroMemory(key);
        return new AgeStanza([StanzaType, AgeBase64.Encode(salt), _workFactor.ToString(CultureInfo.InvariantCulture)], body);
    }

    /// <summary>The file key; null when the passphrase is another one.</summary>
    internal byte[]? Unwrap(AgeStanza stanza)
    {
        (byte[] salt, int workFactor) = ReadStanza(stanza);
        byte[] key = AgePrimitives.Scrypt(_bytes, [.. SaltLabel, .. salt], workFactor);
        byte[]? fileKey = AgePrimitives.Open(key, AgeRecipient.ZeroNonce, stanza.Body);
        CryptographicOperations.ZeroMemory(key);
        return fileKey;
    }

    /// <summary>Checks a scrypt stanza before any work is done for it.</summary>
    internal static (byte[] Salt, int WorkFactor) ReadStanza(AgeStanza stanza)
    {
        if (stanza.Arguments.Length != 3) throw new AgeFormatException($"a scrypt stanza has {stanza.Arguments.Length - 1} arguments, not 2");
        if (!AgeBase64.TryDecode(stanza.Arguments[1], out byte[] salt) || salt.Length != SaltBytes)
            throw new AgeFormatException("a scrypt stanza's salt is not 16 bytes in canonical base64");
        string factor = stanza.Arguments[2];
        if (factor.Length is 0 or > 9 || factor[0] is '0' || factor.Any(c => !char.IsAsciiDigit(c))) throw new AgeFormatException("a scrypt stanza's work factor is no number");
        int workFactor = int.Parse(factor, CultureInfo.InvariantCulture);
        if (workFactor > MaxWorkFactor) throw new AgeFormatException($"a scrypt stanza asks for the work factor {workFactor}; more than {MaxWorkFactor} is refused (memory 2^{workFactor} KiB)");
        if (stanza.Body.Length != AgePrimitives.FileKeyBytes + 16) throw new AgeFormatException($"a scrypt stanza wraps {stanza.Body.Length} bytes, not 32");
        return (salt, workFactor);
    }
}
