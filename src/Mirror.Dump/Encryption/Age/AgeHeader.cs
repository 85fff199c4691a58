using System.Security.Cryptography;
using System.Text;

namespace Mirror.Dump.Encryption.Age;

/// <summary>The text that begins an age file: stanzas and a MAC. Read strictly: one text for one meaning.</summary>
internal sealed class AgeHeader
{
    private const string VersionLine = "age-encryption.org/v1";
    private const int Columns = 64;
    private const int MaxArguments = 16;
    private const int MacBytes = 32;

    private readonly byte[] _mac;
    private readonly byte[] _authenticated;

    private AgeHeader(IReadOnlyList<AgeStanza> stanzas, byte[] authenticated, byte[] mac, int bytes)
    {
        Stanzas = stanzas;
        _authenticated = authenticated;
        _mac = mac;
        Bytes = bytes;
    }

    public IReadOnlyList<AgeStanza> Stanzas { get; }

    /// <summary>Bytes of the header in the file; the payload follows.</summary>
    public int Bytes { get; }

    /// <summary>The header as it stands in a file.</summary>
    public static byte[] Write(IEnumerable<AgeStanza> stanzas, ReadOnlySpan<byte> fileKey)
    {
        var text = new StringBuilder(VersionLine).Append('\n');
        foreach (AgeStanza stanza in stanzas)
        {
            text.Append("-> ").AppendJoin(' ', stanza.Arguments).Append('\n');
            string body = AgeBase64.Encode(stanza.Body);
            for (int at = 0; at <= body.Length; at += Columns) text.Append(body.AsSpan(at, Math.Min(Columns, body.Length - at))).Append('\n');
        }
        text.Append("---");
        byte[] authenticated = Encoding.ASCII.GetBytes(text.ToString());
        return [.. authenticated, .. Encoding.ASCII.GetBytes($" {AgeBase64.Encode(Mac(fileKey, authenticated))}\n")];
    }

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="AgeFormatException">It is no age header.</exception>
    public static AgeHeader Read(ReadOnlySpan<byte> file)
    {
        int at = 0;
        if (Line(file, ref at) != VersionLine) throw new AgeFormatException($"the wrapped key does not begin with '{VersionLine}'");
        var stanzas = new List<AgeStanza>();
        while (true)
        {
            int start = at;
            string line = Line(file, ref at);
            if (line.StartsWith("-> ", StringComparison.Ordinal))
            {
                string[] arguments = line[3..].Split(' ');
                if (arguments.Length > MaxArguments || arguments.Any(a => a.Length == 0)) throw new AgeFormatException("a stanza's first line is not well made");
                stanzas.Add(new AgeStanza(arguments, Body(file, ref at)));
            }
            else if (line.StartsWith("--- ", StringComparison.Ordinal))
            {
                if (!AgeBase64.TryDecode(line.AsSpan(4), out byte[] mac) || mac.Length != MacBytes) throw new AgeFormatException("the header's MAC is not 32 bytes in canonical base64");
                if (stanzas.Count == 0) throw new AgeFormatException("the header has no stanza");
                return new AgeHeader(stanzas, file[..(start + 3)].ToArray(), mac, at);
            }
            else
            {
                throw new AgeFormatException("a line of the header is neither a stanza nor its end");
            }
        }
    }

    /// <summary>Whether the MAC is that of this file key.</summary>
    public bool Verify(ReadOnlySpan<byte> fileKey) => CryptographicOperations.FixedTimeEquals(_mac, Mac(fileKey, _authenticated));

    private static byte[] Body(ReadOnlySpan<byte> file, ref int at)
    {
        var text = new StringBuilder();
        string line;
        do
        {
            line = Line(file, ref at);
            if (line.Length > Columns) throw new AgeFormatException($"a line of a stanza is longer than {Columns} characters");
            text.Append(line);
        }
        while (line.Length == Columns);
        return AgeBase64.TryDecode(text.ToString(), out byte[] body) ? body : throw new AgeFormatException("a stanza's body is not canonical base64");
    }

    private static string Line(ReadOnlySpan<byte> file, ref int at)
    {
        int end = file[at..].IndexOf((byte)'\n');
        if (end < 0) throw new AgeFormatException("the header of the wrapped key is cut off");
        ReadOnlySpan<byte> line = file.Slice(at, end);
        at += end + 1;
        return line.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? throw new AgeFormatException("the header holds bytes that are no printable ASCII") : Encoding.ASCII.GetString(line);
    }

    private static byte[] Mac(ReadOnlySpan<byte> fileKey, byte[] authenticated)
    {
        byte[] key = new byte[AgePrimitives.KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, [], "header"u8);
        return HMACSHA256.HashData(key, authenticated);
    }
}
