using System.Globalization;

namespace Mirror.Core.Operations;

/// <summary>Numbers of bytes as administrators write and read them. K, M, G, T, P are powers of 1024 with or without <c>iB</c>; with a plain <c>B</c>
/// (<c>MB</c>) powers of 1000.</summary>
public static class ByteQuantity
{
    private const string Letters = "KMGTP";

    /// <summary>For instance <c>512 B</c>, <c>1.5 MiB</c>, <c>931 GiB</c>: three figures.</summary>
    public static string Format(long bytes)
    {
        if (bytes < 0) return "-" + Format(bytes == long.MinValue ? long.MaxValue : -bytes);
        if (bytes < 1024) return $"{bytes} B";
        double value = bytes;
        int power = -1;
        while (value >= 999.5 && power < Letters.Length - 1)
        {
            value /= 1024;
            power++;
        }
        string digits = value < 9.995 ? "0.##" : value < 99.95 ? "0.#" : "0";
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Letters[power]}iB";
    }

    /// <summary>Reads what an administrator wrote: <c>4096</c>, <c>64K</c>, <c>1.5GiB</c>, <c>10 MB</c>.</summary>
    /// <exception cref="FormatException">It is no number of bytes; the message says what is expected.</exception>
    public static long Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        int split = 0;
        while (split < trimmed.Length && (char.IsAsciiDigit(trimmed[split]) || trimmed[split] == '.')) split++;
        string unit = trimmed[split..].Trim();
        if (!decimal.TryParse(trimmed[..split], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || Factor(unit) is not { } factor) throw Wrong(text);
        try
        {
            decimal bytes = checked(number * factor);
            return bytes == decimal.Truncate(bytes) && bytes <= long.MaxValue ? (long)bytes : throw Wrong(text);
        }
        catch (OverflowException)
        {
            throw Wrong(text);
        }
    }

    private static decimal? Factor(string unit)
    {
        if (unit.Length == 0 || unit is "B" or "b") return 1;
        int power = Letters.IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal) + 1;
        if (power == 0) return null;
        int? step = unit[1..].ToUpperInvariant() switch
        {
            "" or "I" or "IB" => 1024,
            "B" => 1000,
            _ => null,
        };
        if (step is null) return null;
        decimal factor = 1;
        for (int i = 0; i < power; i++) factor *= step.Value;
        return factor;
    }

    private static FormatException Wrong(string text) =>
        new($"'{text}' is not a number of bytes. Write for instance 4096, 64K, 10M, 1.5GiB or 10MB.");
}
