using System.Text;

namespace Mirror.Core.Security;

/// <summary>What a volume may be called: a name that is safe as a directory, a unit instance and a word on a command line.</summary>
public static class VolumeName
{
    /// <summary>The longest name in characters, each one byte.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule in words, for messages.</summary>
    public const string Rule = "A volume name is 1 to 64 characters of A-Z a-z 0-9 . _ - and begins with a letter or digit.";

    /// <summary>Whether <paramref name="name"/> keeps the rule.</summary>
    public static bool IsValid(string? name)
    {
        if (name is null || name.Length is 0 or > MaxLength) return false;
        Span<byte> bytes = stackalloc byte[MaxLength];
        return Encoding.ASCII.TryGetBytes(name, bytes, out int written) && Ascii.IsValid(name) && IsValid(bytes[..written]);
    }

    /// <summary>Whether the ASCII text keeps the rule.</summary>
    public static bool IsValid(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit((char)name[0])) return false;
        foreach (byte b in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'.' or (byte)'_' or (byte)'-')) return false;
        }
        return true;
    }

    /// <summary>Returns the name, or says what a name looks like.</summary>
    /// <exception cref="ArgumentException">The name breaks <see cref="Rule"/>.</exception>
    public static string Require(string? name) => IsValid(name) ? name! : throw new ArgumentException($"'{name}' is not a volume name. {Rule}");
}
