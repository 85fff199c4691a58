using System.Text;

namespace Mirror.Dump.Encryption.Age;

/// <summary>
/// The text form of age keys: Bech32 (BIP 173) without its limit of 90 characters. Strict: one case, right checksum, no bits left over.
/// </summary>
internal static class Bech32
{
    private const string Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumDigits = 6;
    private const int MaxText = 1024;

    /// <summary>The text, in lower case.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var values = new List<byte>(data.Length * 2);
        int bits = 0, held = 0;
        foreach (byte b in data)
        {
            held = (held << 8) | b;
            bits += 8;
            while (bits >= 5) values.Add((byte)((held >> (bits -= 5)) & 31));
            held &= (1 << bits) - 1;
        }
        if (bits > 0) values.Add((byte)((held << (5 - bits)) & 31));
        uint sum = Checksum(prefix, [.. values, 0, 0, 0, 0, 0, 0]) ^ 1;
        var text = new StringBuilder(prefix).Append('1');
        foreach (byte value in values) text.Append(Digits[value]);
        for (int i = 0; i < ChecksumDigits; i++) text.Append(Digits[(int)((sum >> (5 * (ChecksumDigits - 1 - i))) & 31)]);
        return text.ToString();
    }

    /// <summary>Reads a text; false when it is none.</summary>
    /// <param name="text">In one case, lower or upper.</param>
    /// <param name="prefix">What stands before the last <c>1</c>, in lower case.</param>
    /// <param name="data">The bytes.</param>
    public static bool TryDecode(string text, out string prefix, out byte[] data)
    {
        prefix = "";
        data = [];
        if (text.Length > MaxText || text.Any(c => c is < '!' or > '~')) return false;
        string lower = text.ToLowerInvariant();
        if (text != lower && text != text.ToUpperInvariant()) return false;
        int one = lower.LastIndexOf('1');
        if (one < 1 || lower.Length - one - 1 < ChecksumDigits) return false;
        byte[] values = new byte[lower.Length - one - 1];
        for (int i = 0; i < values.Length; i++)
        {
            int value = Digits.IndexOf(lower[one + 1 + i], StringComparison.Ordinal);
            if (value < 0) return false;
            values[i] = (byte)value;
        }
        if (Checksum(lower[..one], values) != 1) return false;
        var bytes = new List<byte>(values.Length);
        int bits = 0, held = 0;
        foreach (byte value in values.AsSpan(0, values.Length - ChecksumDigits))
        {
            held = ((held << 5) | value) & 0xFFF;
            bits += 5;
            if (bits >= 8) bytes.Add((byte)(held >> (bits -= 8)));
        }
        if (bits >= 5 || (held & ((1 << bits) - 1)) != 0) return false;
        prefix = lower[..one];
        data = [.. bytes];
        return true;
    }

    private static uint Checksum(string prefix, ReadOnlySpan<byte> values)
    {
        uint sum = 1;
        foreach (char c in prefix) sum = Step(sum, (uint)c >> 5);
        sum = Step(sum, 0);
        foreach (char c in prefix) sum = Step(sum, (uint)c & 31);
        foreach (byte value in values) sum = Step(sum, value);
        return sum;
    }

    private static uint Step(uint sum, uint value)
    {
        uint top = sum >> 25;
        sum = ((sum & 0x1FFFFFF) << 5) ^ value;
        if ((top & 1) != 0) sum ^= 0x3b6a57b2;
        if ((top & 2) != 0) sum ^= 0x26508e6d;
        if ((top & 4) != 0) sum ^= 0x1ea119fa;
        if ((top & 8) != 0) sum ^= 0x3d4233dd;
        if ((top & 16) != 0) sum ^= 0x2a1462b3;
        return sum;
    }
}
