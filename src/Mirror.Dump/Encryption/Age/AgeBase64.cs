namespace Mirror.Dump.Encryption.Age;

/// <summary>Base64 as age writes it: no padding, and only the one text that stands for the bytes is accepted.</summary>
internal static class AgeBase64
{
    public static string Encode(ReadOnlySpan<byte> data) => Convert.ToBase64String(data).TrimEnd('=');

    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] data)
    {
        data = [];
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Allowed)) return false;
        string padded = string.Concat(text, new string('=', (4 - text.Length % 4) % 4));
        byte[] decoded = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, decoded, out int length)) return false;
        decoded = decoded[..length];
        // The unused bits of the last character must be zero.
        if (!text.SequenceEqual(Encode(decoded))) return false;
        data = decoded;
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> Allowed =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}
