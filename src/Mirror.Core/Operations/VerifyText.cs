using System.Globalization;
using Mirror.Core.Control;

namespace Mirror.Core.Operations;

/// <summary>A verify in words, the same in every face.</summary>
public static class VerifyText
{
    /// <summary>The least limit, in bytes a second.</summary>
    public const long LeastLimit = 4096;

    /// <summary>One line about how far a verify of a volume is; null when none is under way.</summary>
    public static string? Line(MirrorStatus s)
    {
        if (s.Verify is not { } v) return null;
        string percent = s.SizeBytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {100.0 * v.PositionBytes / s.SizeBytes:0.0} % of {ByteQuantity.Format(s.SizeBytes)},");
        return $"{v.Step},{percent} {ByteQuantity.Format(v.SuspectBytes)} to be looked at again, {ByteQuantity.Format(v.DifferingBytes)} differ";
    }

    /// <summary>Reads a limit that an administrator gave; 0 when none was.</summary>
    /// <param name="text">What was given; null for nothing.</param>
    /// <param name="spelled">What the option is called where it was given.</param>
    /// <exception cref="FormatException">It is no number of bytes, or too few.</exception>
    public static long Limit(string? text, string spelled)
    {
        long bytes = text is null ? 0 : ByteQuantity.Parse(text);
        return text is null || bytes >= LeastLimit || bytes == 0 ? bytes : throw new FormatException($"{spelled}: {bytes} bytes a second are too few; {LeastLimit} at least.");
    }
}
