using System.Globalization;
using System.Text;

namespace Mirror.Dump.Encryption.Age;

/// <summary>Identities and passphrases in files (docs/archive-encryption.md sections 3.1 and 3.2).</summary>
public static class AgeKeyFiles
{
    private const int MaxBytes = 1 << 20;
    private const int MaxIdentities = 1000;
    private const int MaxPassphraseBytes = 4096;

    /// <summary>The text of an identity file, as age-keygen writes it.</summary>
    public static string Text(AgeIdentity identity, DateTimeOffset created) =>
        $"# created: {created.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture)}\n# public key: {identity.Recipient}\n{identity.ToSecretText()}\n";

    /// <summary>Writes an identity to a new file of mode 0600, durably; a file that is there is never overwritten.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void Write(string path, AgeIdentity identity, DateTimeOffset created)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(Text(identity, created)));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Reads all identities of a file.</summary>
    /// <exception cref="AgeFormatException">Names the file and the line.</exception>
    public static IReadOnlyList<AgeIdentity> ReadIdentities(string path)
    {
        byte[] bytes = ReadBounded(path, MaxBytes);
        try
        {
            string text = Encoding.UTF8.GetString(bytes);
            if (text.StartsWith("age-encryption.org/", StringComparison.Ordinal) || text.StartsWith("-----BEGIN AGE", StringComparison.Ordinal))
                throw new AgeFormatException($"{path}: the identity is itself encrypted. Decrypt it first: age -d -o PLAIN {path}");
            var identities = new List<AgeIdentity>();
            string[] lines = text.Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                if (line.Length == 0 || line[0] == '#') continue;
                if (identities.Count == MaxIdentities) throw new AgeFormatException($"{path}: more than {MaxIdentities} identities.");
                try
                {
                    identities.Add(AgeIdentity.Parse(line));
                }
                catch (AgeFormatException e)
                {
                    throw new AgeFormatException($"{path}, line {i + 1}: {e.Message}");
                }
            }
            return identities.Count > 0 ? identities : throw new AgeFormatException($"{path} holds no identity (AGE-SECRET-KEY-1...). 'diskmirror key new' makes one.");
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads a passphrase: the first line of a file.</summary>
    /// <exception cref="AgeFormatException">It is empty or too long.</exception>
    public static AgePassphrase ReadPassphrase(string path)
    {
        byte[] bytes = ReadBounded(path, MaxPassphraseBytes);
        try
        {
            ReadOnlySpan<byte> line = bytes;
            int end = line.IndexOf((byte)'\n');
            if (end >= 0) line = line[..end];
            if (line.EndsWith("\r"u8)) line = line[..^1];
            return line.IsEmpty ? throw new AgeFormatException($"{path}: the first line, the passphrase, is empty.") : new AgePassphrase(line);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] ReadBounded(string path, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] bytes = new byte[most + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= most ? bytes[..length] : throw new AgeFormatException($"{path} is larger than {most} bytes: no key file.");
    }
}
