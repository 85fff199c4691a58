using System.Text;
using Mirror.Dump.Archive.Writing;

namespace Mirror.Dump.Archive;

/// <summary>An index of an archive (docs/dump-format.md, section 5), ours or one of stock dump.</summary>
public sealed class ArchiveIndex
{
    private const int MaxLines = 1 << 26;

    private uint[] _inodes = [];
    private Place[] _places = [];
    private int _count;

    private ArchiveIndex(long date) => Date = date;

    /// <summary>The date of the archive that it belongs to.</summary>
    public long Date { get; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="DamagedException">It is none.</exception>
    public static ArchiveIndex Read(Stream stream, string name)
    {
        LineReader reader = new(stream);
        if (!Ascii.Equals(reader.Next(), ArchiveIndexWriter.Magic) || !Ascii.Equals(reader.Next(), ArchiveIndexWriter.Version) || !Number(reader.Next(), out long date))
            throw new DamagedException($"{name} is no index of an archive.");
        reader.Next();
        reader.Next();
        ArchiveIndex index = new(date);
        for (int number = 6; !reader.Ended; number++)
        {
            ReadOnlySpan<byte> line = reader.Next();
            int first = line.IndexOf((byte)'\t'), second = line.LastIndexOf((byte)'\t');
            if (first < 0 || second <= first || number > MaxLines || !Number(line[..first], out long inode) || inode > uint.MaxValue
                || !Number(line[(first + 1)..second], out long volume) || volume is < 1 or > int.MaxValue || !Number(line[(second + 1)..], out long position))
            {
                throw new DamagedException($"{name}: line {number} is no line of an index.");
            }
            index.Add((uint)inode, (int)volume, position);
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
        return at < 0 ? null : (_places[at].Volume, _places[at].Position);
    }

    private void Add(uint inode, int volume, long position)
    {
        if (_count == _inodes.Length)
        {
            int room = Math.Max(1024, 2 * _count);
            Array.Resize(ref _inodes, room);
            Array.Resize(ref _places, room);
        }
        _inodes[_count] = inode;
        _places[_count++] = new Place(volume, position);
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

    /// <summary>Digits and nothing else, below 10^18; a library's parser would be most of what an index costs.</summary>
    private static bool Number(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        foreach (byte b in text)
        {
            if (b is < (byte)'0' or > (byte)'9') return false;
            value = (10 * value) + (b - '0');
        }
        return text.Length is > 0 and <= 18;
    }

    private readonly record struct Place(int Volume, long Position);

    /// <summary>Lines of an index, which are short; one that is not is given in parts, and so is none.</summary>
    private sealed class LineReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[1 << 16];
        private int _at, _end;

        /// <summary>Whether there is no further line.</summary>
        public bool Ended
        {
            get
            {
                if (_at == _end) Fill();
                return _at == _end;
            }
        }

        /// <summary>The next line without its end; empty behind the last. Valid until the next call.</summary>
        public ReadOnlySpan<byte> Next()
        {
            int length = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
            if (length < 0)
            {
                Fill();
                length = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
            }
            ReadOnlySpan<byte> line = _buffer.AsSpan(_at, length < 0 ? _end - _at : length);
            _at = Math.Min(_end, _at + line.Length + 1);
            return line.EndsWith("\r"u8) ? line[..^1] : line;
        }

        private void Fill()
        {
            _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
            (_at, _end) = (0, _end - _at);
            _end += stream.ReadAtLeast(_buffer.AsSpan(_end), _buffer.Length - _end, throwOnEndOfStream: false);
        }
    }
}
