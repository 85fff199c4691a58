using System.Globalization;
using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Archive;

/// <summary>An index of an archive (docs/dump-format.md, section 5), ours or one of stock dump.</summary>
public sealed class ArchiveIndex
{
    private const int MaxLines = 1 << 26;

    private uint[] _inodes = [];
    private (int Volume, long Position)[] _places = [];
    private int _count;

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
            index.Add(inode, volume, position);
        }
        index.Sort();
        return index;
    }

    /// <summary>Where to begin to read for an inode; null when it cannot be told.</summary>
    public (int Volume, long Position)? Find(uint inode)
    {
        int at = Array.BinarySearch(_inodes, 0, _count, inode);
        // Several lines of an inode are as good as one: they are of the same place, or one is wrong, which the archive itself will tell.
        if (at < 0) at = ~at - 1;
        return at < 0 ? null : _places[at];
    }

    private void Add(uint inode, int volume, long position)
    {
        if (_count == _inodes.Length)
        {
            int room = Math.Max(1024, 2 * _count);
            Array.Resize(ref _inodes, room);
            Array.Resize(ref _places, room);
        }
        (_inodes[_count], _places[_count++]) = (inode, (volume, position));
    }

    /// <summary>Ours are in order; those of stock dump need not be.</summary>
    private void Sort()
    {
        for (int i = 1; i < _count; i++)
        {
            if (_inodes[i] >= _inodes[i - 1]) continue;
            Array.Sort(_inodes, _places, 0, _count);
            return;
        }
    }

    private static string? Line(StreamReader reader)
    {
        string? line = reader.ReadLine();
        return line is { Length: > 100 } ? null : line;
    }
}
