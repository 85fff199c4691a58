namespace Mirror.Driver.Disks;

/// <summary>Orders device names as people count: sda before sdb before sdaa, nvme2n1 before nvme10n1.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    internal static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (a.Length > 0 && b.Length > 0)
        {
            bool digits = char.IsAsciiDigit(a[0]);
            if (digits != char.IsAsciiDigit(b[0])) break;
            ReadOnlySpan<char> left = Run(ref a, digits), right = Run(ref b, digits);
            if (digits)
            {
                left = left.TrimStart('0');
                right = right.TrimStart('0');
                if (left.Length != right.Length) return left.Length - right.Length;
            }
            else if (left.Length != right.Length && IsLettered(left) && IsLettered(right) && left[..2].SequenceEqual(right[..2]))
            {
                return left.Length - right.Length;
            }
            int order = left.SequenceCompareTo(right);
            if (order != 0) return order;
        }
        int rest = a.SequenceCompareTo(b);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    /// <summary>Whether these names are counted by letters: sdz is followed by sdaa.</summary>
    private static bool IsLettered(ReadOnlySpan<char> run) => run.Length > 2 && run[..2] is "sd" or "vd" or "hd" or "xv";

    private static ReadOnlySpan<char> Run(ref ReadOnlySpan<char> text, bool digits)
    {
        int length = 1;
        while (length < text.Length && char.IsAsciiDigit(text[length]) == digits) length++;
        ReadOnlySpan<char> run = text[..length];
        text = text[length..];
        return run;
    }
}
