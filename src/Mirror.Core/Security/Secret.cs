using System.Security.Cryptography;
using System.Text;

namespace Mirror.Core.Security;

/// <summary>
/// A secret and its text form (docs/protocol.md section 2). It never travels: what does is a proof made with <see cref="ProofKey"/>.
/// Immutable. Prints as its kind, so that it never ends in a log.
/// </summary>
public sealed class Secret
{
    /// <summary>Random bytes in a secret.</summary>
    public const int Size = 32;

    /// <summary>A secret with fewer distinct byte values is refused: of random ones, not one in 10^20 has so few.</summary>
    public const int MinDistinctBytes = 16;

    private const string Prefix = "dm1-";
    private const string MasterWord = "master";
    private const string ClientWord = "client";
    private const int ChecksumBytes = 4;

    private readonly byte[] _bytes;

    private Secret(byte[] bytes, SecretKind kind, string? volume, MirrorRight? right)
    {
        _bytes = bytes;
        Kind = kind;
        Volume = volume;
        Right = right;
    }

    /// <summary>Whether it is the server's or a client's.</summary>
    public SecretKind Kind { get; }

    /// <summary>A client secret's volume; null for a master.</summary>
    public string? Volume { get; }

    /// <summary>A client secret's right; null for a master.</summary>
    public MirrorRight? Right { get; }

    /// <summary>Makes a new master secret from the system's generator.</summary>
    public static Secret NewMaster() => new(RandomNumberGenerator.GetBytes(Size), SecretKind.Master, null, null);

    /// <summary>Derives the secret of one client; a client secret gives itself, if it is for just that volume and right.</summary>
    /// <exception cref="ArgumentException">The volume's name is not one.</exception>
    /// <exception cref="SecretException">This is a client secret for another volume or right.</exception>
    public Secret ForClient(string volume, MirrorRight right)
    {
        VolumeName.Require(volume);
        string word = RightWord(right);
        if (Kind == SecretKind.Client)
        {
            if (Volume == volume && Right == right) return this;
            throw new SecretException($"The secret is for volume '{Volume}' with right '{RightWord(Right!.Value)}', not for volume '{volume}' with right '{word}'. "
                + $"Derive one where the master secret is: diskmirror secret derive --secret-file MASTER --volume {volume} --right {word}");
        }
        // info = right || 0x00 || volume
        byte[] info = Encoding.ASCII.GetBytes($"{word}\0{volume}");
        byte[] derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, Size, "DiskMirror client secret v1"u8.ToArray(), info);
        return new Secret(derived, SecretKind.Client, volume, right);
    }

    /// <summary>The key of the proofs. Only a client secret has one.</summary>
    internal byte[] ProofKey()
    {
        if (Kind != SecretKind.Client) throw new InvalidOperationException("A master secret proves nothing; derive a client secret.");
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, Size, "DiskMirror proof v1"u8.ToArray(), []);
    }

    /// <summary>The one-line text form. Whoever reads it has the secret.</summary>
    public string ToText()
    {
        string body = Kind == SecretKind.Master ? $"{Prefix}{MasterWord}-" : $"{Prefix}{ClientWord}-{Volume}-{RightWord(Right!.Value)}-";
        body += Convert.ToHexStringLower(_bytes);
        return $"{body}-{Checksum(body)}";
    }

    /// <summary>Reads the text form; white space around it is ignored.</summary>
    /// <exception cref="SecretException">Says which part is wrong.</exception>
    public static Secret Parse(string text)
    {
        string line = text.Trim();
        if (line.Length == 0) throw new SecretException("The secret is empty. Make one: diskmirror secret new");
        if (line.AsSpan().IndexOfAny('\n', '\r') >= 0) throw new SecretException("More than one line where one secret is expected.");
        if (!line.StartsWith(Prefix, StringComparison.Ordinal)) throw new SecretException($"Not a DiskMirror secret: it does not begin with '{Prefix}'.");

        int sum = line.LastIndexOf('-');
        string body = line[..sum];
        int hex = body.LastIndexOf('-');
        if (hex < Prefix.Length) throw new SecretException("The secret is cut short.");
        ReadOnlySpan<char> digits = body.AsSpan(hex + 1);
        if (digits.Length != 2 * Size) throw new SecretException($"The secret has {digits.Length} digits where {2 * Size} are expected; was it cut, or pasted twice?");
        var bytes = new byte[Size];
        if (Convert.FromHexString(digits, bytes, out _, out _) != System.Buffers.OperationStatus.Done) throw new SecretException("The secret holds characters that are not hexadecimal digits.");
        if (!line.AsSpan(sum + 1).Equals(Checksum(body), StringComparison.OrdinalIgnoreCase)) throw new SecretException("The secret's checksum is wrong: a character was changed or lost.");

        Secret secret = ParseHead(body[Prefix.Length..hex], bytes);
        int distinct = DistinctValues(bytes);
        if (distinct < MinDistinctBytes) throw new SecretException($"The secret is weak: {distinct} different byte values in {Size}. Make a random one: diskmirror secret new");
        return secret;
    }

    /// <inheritdoc/>
    public override string ToString() => Kind == SecretKind.Master ? "master secret" : $"secret of volume '{Volume}', right '{RightWord(Right!.Value)}'";

    /// <summary>The word of a right, as in files and on command lines.</summary>
    public static string RightWord(MirrorRight right) => right switch
    {
        MirrorRight.Mirror => "mirror",
        MirrorRight.Restore => "restore",
        _ => throw new ArgumentOutOfRangeException(nameof(right), right, "No such right."),
    };

    private static Secret ParseHead(string head, byte[] bytes)
    {
        if (head == MasterWord) return new Secret(bytes, SecretKind.Master, null, null);
        if (head != ClientWord && !head.StartsWith(ClientWord + "-", StringComparison.Ordinal)) throw new SecretException($"Unknown kind of secret; known are '{MasterWord}' and '{ClientWord}'.");
        // The volume may hold hyphens, the right does not.
        int last = head.LastIndexOf('-');
        string volume = last > ClientWord.Length ? head[(ClientWord.Length + 1)..last] : "";
        if (!VolumeName.IsValid(volume)) throw new SecretException($"The secret names no valid volume. {VolumeName.Rule}");
        MirrorRight right = head[(last + 1)..] switch
        {
            "mirror" => MirrorRight.Mirror,
            "restore" => MirrorRight.Restore,
            _ => throw new SecretException("The secret names an unknown right; known are 'mirror' and 'restore'."),
        };
        return new Secret(bytes, SecretKind.Client, volume, right);
    }

    private static string Checksum(string body) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)).AsSpan(0, ChecksumBytes));

    private static int DistinctValues(ReadOnlySpan<byte> bytes)
    {
        Span<bool> seen = stackalloc bool[256];
        int distinct = 0;
        foreach (byte b in bytes)
        {
            if (!seen[b]) distinct++;
            seen[b] = true;
        }
        return distinct;
    }
}
