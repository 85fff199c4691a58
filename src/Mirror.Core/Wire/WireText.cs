using System.Text;

namespace Mirror.Core.Wire;

/// <summary>
/// Text on the wire: UTF-8 without control characters, since it ends in logs and on terminals. The sender cleans, so that a
/// disk's odd serial number cannot end a connection; the reader of an IDENTIFY refuses, the reader of a REFUSED cleans again.
/// </summary>
public static class WireText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Replaces control characters and unpaired surrogates by '?' and cuts at a character so that at most <paramref name="maxBytes"/> bytes of UTF-8 remain.</summary>
    public static string Clean(string text, int maxBytes)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxBytes));
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Rune kept = IsControl(rune) || rune == Rune.ReplacementChar ? new Rune('?') : rune;
            bytes += kept.Utf8SequenceLength;
            if (bytes > maxBytes) break;
            clean.Append(kept);
        }
        return clean.ToString();
    }

    /// <summary>Bytes of UTF-8 that <see cref="Clean"/> leaves.</summary>
    internal static int CleanBytes(string text, int maxBytes) => Encoding.UTF8.GetByteCount(Clean(text, maxBytes));

    /// <summary>Reads text and refuses what is not UTF-8 or holds control characters.</summary>
    internal static string DecodeStrict(MessageType type, string field, ReadOnlySpan<byte> bytes)
    {
        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolException(type, $"{field} is not UTF-8");
        }
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsControl(rune)) throw new ProtocolException(type, $"{field} holds the control character U+{rune.Value:X4}");
        }
        return text;
    }

    /// <summary>Reads text and replaces what does not belong into it.</summary>
    internal static string DecodeClean(ReadOnlySpan<byte> bytes) => Clean(Encoding.UTF8.GetString(bytes), int.MaxValue);

    /// <summary>C0, DEL, C1, and the marks that turn the direction of what follows.</summary>
    private static bool IsControl(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is >= 0x2028 and <= 0x202e or >= 0x2066 and <= 0x2069;
}
