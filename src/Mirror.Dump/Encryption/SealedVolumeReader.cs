namespace Mirror.Dump.Encryption;

/// <summary>
/// Reads the blocks of one volume in the order of their numbers; what is wrong is told in between, and reading goes on
/// (docs/archive-encryption.md section 4). Not safe for several threads.
/// </summary>
public sealed class SealedVolumeReader : IDisposable
{
    private const long FreeVain = 64 << 20;
    private const int MaxHeld = 8;

    private readonly SlidingWindow _window;
    private readonly ArchiveKeys _keys;
    private readonly BlockCipher _cipher;
    private readonly HeadSearch _search;
    private readonly SealedSeeker _seeker;
    private readonly string _name;
    private readonly byte[] _plain;
    private readonly SortedList<long, (byte[] Block, long Place)> _held = [];     // blocks that stand before their turn
    private long _place;        // where the next block should begin
    private long _expected;     // its number
    private long _vain;         // bytes of blocks that did not open
    private SealedReadKind? _end;
    private bool _tailChecked;

    internal SealedVolumeReader(SlidingWindow window, string name, SealedHeader header, ArchiveKeys keys, int blocksAt, IReadOnlyList<string> notes)
    {
        _window = window;
        _name = name;
        _keys = keys;
        _cipher = new BlockCipher(keys);
        _search = new HeadSearch(window, keys, header.BlockBytes);
        _seeker = new SealedSeeker(window, _search, header.BlockBytes, blocksAt);
        _plain = new byte[header.BlockBytes];
        _place = blocksAt;
        _expected = header.FirstBlock;
        Header = header;
        Notes = notes;
    }

    /// <summary>The volume's header, verified.</summary>
    public SealedHeader Header { get; }

    /// <summary>What is wrong with the header, of which one copy was good.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The next block, or what stands in its place.</summary>
    /// <exception cref="IOException">The storage failed.</exception>
    public SealedRead Read()
    {
        if (_end is { } end) return End(end);
        _window.Forget(_place);
        while (_held.Count > 0 && _held.GetKeyAtIndex(0) is long number && number <= _expected)
        {
            (byte[] block, long place) = _held.GetValueAtIndex(0);
            _held.RemoveAt(0);
            if (number == _expected) return OpenHeld(number, block, place);
        }
        if (!_search.IsAt(_place, out BlockHead head)) return Resynchronise();
        if (head.Number == _expected) return Open(head);
        return head.Number < _expected ? Repeated(head) : Ahead(head);
    }

    /// <summary>Goes to a block: the next <see cref="Read"/> gives it, or says that it is lost. Only in a file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is one of an earlier volume.</exception>
    public void Seek(long number)
    {
        Restart(number);
        Search(number);
    }

    /// <summary>The same, with the place that an index knows; a wrong one costs a search.</summary>
    public void Seek(long number, long offset)
    {
        Restart(number);
        if (_seeker.IsAt(number, offset)) (_place, _expected) = (offset, number);
        else Search(number);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cipher.Dispose();
        _search.Dispose();
        _keys.Dispose();
    }

    private void Restart(long number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, Header.FirstBlock);
        if (_window.Length is null) throw new NotSupportedException($"{_name} is a pipe: it can only be read from beginning to end.");
        _end = null;
        _held.Clear();
    }

    private void Search(long number)
    {
        (_place, _expected) = _seeker.Find(number, out long stray);
        if (stray < 0) return;
        _window.Jump(stray);
        if (_search.IsAt(stray, out BlockHead head) && _window.Peek(stray, head.SealedBytes) is var block && block.Length == head.SealedBytes) _held.Add(number, (block.ToArray(), stray));
        _window.Jump(_place);
    }

    private SealedRead Open(BlockHead head)
    {
        long place = _place;
        // Copied heads would make one byte of the file cost a whole block of work each time.
        bool tried = _vain <= 4 * place + FreeVain;
        ReadOnlySpan<byte> block = _window.Peek(place, head.SealedBytes);
        if (tried && block.Length == head.SealedBytes && _cipher.TryOpen(block, _plain.AsSpan(0, head.Length)))
        {
            _place += head.SealedBytes;
            _expected = head.Number + 1;
            if (!head.LastOfVolume) return new SealedRead(SealedReadKind.Block, head.Number, 1, _plain.AsMemory(0, head.Length), place, "");
            _end = head.LastOfArchive ? SealedReadKind.End : SealedReadKind.EndOfVolume;
            return Read();
        }
        _vain += block.Length;
        _place = _search.After(place, head);
        _expected = head.Number + 1;
        string why = block.Length < head.SealedBytes ? "the file ends in it"
            : tried ? "it has been changed: its tag does not verify" : "too many before it did not open, so that it was not tried";
        return Damage(head.Number, 1, place, $"block {head.Number} (byte {place}) is lost: {why}");
    }

    private SealedRead OpenHeld(long number, byte[] block, long place)
    {
        _expected = number + 1;
        int length = block.Length - SealFormat.OverheadBytes;
        return _cipher.TryOpen(block, _plain.AsSpan(0, length))
            ? new SealedRead(SealedReadKind.Block, number, 1, _plain.AsMemory(0, length), place, "")
            : Damage(number, 1, place, $"block {number} (byte {place}) is lost: it has been changed: its tag does not verify");
    }

    private SealedRead Repeated(BlockHead head)
    {
        long place = _place;
        _place = _search.After(place, head);
        return Damage(head.Number, 0, place, $"block {head.Number} stands at byte {place}, where block {_expected} should: it is out of place or there twice, and left out");
    }

    private SealedRead Ahead(BlockHead head)
    {
        long place = _place;
        if (_search.FindNext(place, head, out long next, out BlockHead following) && following.Number >= _expected && following.Number <= head.Number)
        {
            // What follows goes on where this one does not: this one is the stranger, and waits for its turn.
            bool held = _held.Count < MaxHeld && !head.LastOfVolume && !_held.ContainsKey(head.Number);
            if (held) _held.Add(head.Number, (_window.Peek(place, head.SealedBytes).ToArray(), place));
            _place = next;
            return Damage(head.Number, 0, place, $"block {head.Number} stands at byte {place}, where block {_expected} should: it is out of place{(held ? "" : ", and left out")}");
        }
        return Lost(head.Number, place, "");
    }

    private SealedRead Resynchronise()
    {
        long from = _place;
        if (!_search.Find(from, long.MaxValue, out long place, out BlockHead head, forget: true))
        {
            _place = place;
            _end = SealedReadKind.End;
            _tailChecked = true;
            string bytes = place > from ? $"; the {place - from} bytes from byte {from} on are no block of this archive" : "";
            return Damage(_expected, -1, from, $"block {_expected} and what follows are missing: the volume ends at byte {place} without its end block{bytes}. It was cut off, or never completed");
        }
        _place = place;
        string strange = $": {place - from} bytes from byte {from} on are no block of this archive";
        if (head.Number <= _expected) return Damage(_expected, 0, from, $"something stands before block {head.Number}{strange}; nothing is lost by it");
        if (_search.FindNext(place, head, out _, out BlockHead following) && following.Number >= _expected && following.Number <= head.Number)
            return Damage(_expected, 0, from, $"something stands where block {_expected} should{strange}");
        return Lost(head.Number, from, strange);
    }

    /// <summary>Blocks up to <paramref name="next"/> are not where they should be.</summary>
    private SealedRead Lost(long next, long place, string why)
    {
        long first = _expected;
        if (_held.Count > 0) next = Math.Min(next, _held.GetKeyAtIndex(0));
        _expected = next;
        string which = next - first == 1 ? $"block {first} is lost" : $"blocks {first} to {next - 1} are lost";
        return Damage(first, next - first, place, $"{which} (byte {place}){(why.Length > 0 ? why : $": block {next} stands there")}");
    }

    private SealedRead End(SealedReadKind kind)
    {
        if (!_tailChecked)
        {
            _tailChecked = true;
            if (!_window.Peek(_place, 1).IsEmpty) return Damage(_expected, 0, _place, $"bytes follow the end block (from byte {_place} on); they are left out");
        }
        return new SealedRead(kind, _expected, 0, default, _place, "");
    }

    private SealedRead Damage(long number, long count, long place, string what) => new(SealedReadKind.Damage, number, count, default, place, $"{_name}: {what}.");
}
