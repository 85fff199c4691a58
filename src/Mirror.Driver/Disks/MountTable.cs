using System.Globalization;
using System.Text;

namespace Mirror.Driver.Disks;

/// <summary>What is mounted and swapped, from /proc/self/mountinfo and /proc/swaps (their formats: proc(5)).</summary>
internal sealed class MountTable
{
    /// <summary>One mount.</summary>
    /// <param name="Id">First field of mountinfo.</param>
    /// <param name="Major">Device number of the file system, upper part; 0 for file systems that are on no single device.</param>
    /// <param name="Minor">Lower part.</param>
    /// <param name="Root">Which directory of the file system is seen; <c>/</c> unless it is a bind mount.</param>
    /// <param name="Point">Where.</param>
    /// <param name="Type">File system type.</param>
    /// <param name="Source">What was mounted, as the file system tells it.</param>
    /// <param name="Options">The file system's own options.</param>
    internal sealed record Mount(long Id, int Major, int Minor, string Root, string Point, string Type, string Source, string Options);

    private MountTable(IReadOnlyList<Mount> mounts, IReadOnlyList<string> swaps) => (Mounts, Swaps) = (mounts, swaps);

    internal IReadOnlyList<Mount> Mounts { get; }

    /// <summary>Devices and files that are swap space.</summary>
    internal IReadOnlyList<string> Swaps { get; }

    internal static MountTable Read(HostPaths paths) =>
        new(Parse(ReadAll(Path.Combine(paths.Proc, "self/mountinfo"))), ParseSwaps(ReadAll(Path.Combine(paths.Proc, "swaps"))));

    internal static List<Mount> Parse(string text)
    {
        var mounts = new List<Mount>();
        foreach (string line in text.Split('\n'))
        {
            // id parent major:minor root point options [optional...] - type source super-options
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (dash < 0 || fields.Length < dash + 3 || !long.TryParse(fields[0], CultureInfo.InvariantCulture, out long id)
                || !TryParseDevice(fields[2], out int major, out int minor))
                continue;
            mounts.Add(new Mount(id, major, minor, Unescape(fields[3]), Unescape(fields[4]), fields[dash + 1], Unescape(fields[dash + 2]),
                fields.Length > dash + 3 ? Unescape(fields[dash + 3]) : ""));
        }
        return mounts;
    }

    internal static List<string> ParseSwaps(string text) =>
        [.. text.Split('\n').Skip(1).Select(line => line.Split([' ', '\t'], 2)[0]).Where(name => name.StartsWith('/')).Select(Unescape)];

    internal static bool TryParseDevice(string? text, out int major, out int minor)
    {
        major = minor = 0;
        if (text?.IndexOf(':') is not (> 0 and var colon)) return false;
        return int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out major)
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out minor);
    }

    /// <summary>Undoes the kernel's <c>\ooo</c> for blanks, tabs, line ends and backslashes.</summary>
    internal static string Unescape(string text)
    {
        if (!text.Contains('\\')) return text;
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] is >= '0' and <= '3' && text[i + 2] is >= '0' and <= '7'
                && text[i + 3] is >= '0' and <= '7')
            {
                result.Append((char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }

    private static string ReadAll(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
