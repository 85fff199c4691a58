using System.Globalization;
using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Archive;

/// <summary>An index of an archive (docs/dump-format.md, section 5), ours or one of stock dump.</summary>
public sealed class ArchiveIndex
{
    private const int MaxLines = 1 << 26;

    private readonly List<(uint Inode, int Volume, long Position)> _lines = [];

    private ArchiveIndex(long date) => Date = date;

    /// <summary>The date of the archive that it belongs to.</summary>
    public long Date { get; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="DamagedException">It is none.</exception>
    public static ArchiveIndex Read(Stream stream, string name)
    {
        using StreamReader reader = new(stream, System.Text.Encoding.ASCII, false, 1 << 16);
        if (Line(reader) != ArchiveIndexWriter.Magic || Line(reader) != ArchiveIndexWriter.Version || !long.TryParse(Line(reader), CultureInfo.InvariantCulture, out long date))
            throw new DamagedException($"{name} is no index of an archive.");
        Line(reader);
        Line(reader);
        ArchiveIndex index = new(date);
        for (int number = 6; reader.ReadLine() is { } line; number++)
        {
            ReadOnlySpan<char> text = line;
            int first = text.IndexOf('\t'), second = text.LastIndexOf('\t');
            if (first < 0 || second <= first || number > MaxLines || !uint.TryParse(text[..first], CultureInfo.InvariantCulture, out uint inode)
                || !int.TryParse(text[(first + 1)..second], CultureInfo.InvariantCulture, out int volume) || volume < 1
                || !long.TryParse(text[(second + 1)..], CultureInfo.InvariantCulture, out long position) || position < 0)
            {
                throw new DamagedException($"{name}: line {number} is no line of an index.");
            }
            index._lines.Add((inode, volume, position));
        }
        index._lines.Sort((a, b) => a.Inode.CompareTo(b.Inode));
        return index;
    }

    /// <summary>Where to begin to read for an inode; null when it cannot be told.</summary>
    public (int Volume, long Position)? Find(uint inode)
    {
        int low = 0, high = _lines.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_lines[middle].Inode <= inode) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? null : (_lines[low - 1].Volume, _lines[low - 1].Position);
    }

    private static string? Line(StreamReader reader)
    {
        string? line = reader.ReadLine();
        return line is { Length: > 100 } ? null : line;
    }
}
