using System.Numerics;

namespace Mirror.Core.Blocks;

/// <summary>
/// A set of granule numbers as a tree of 64-ary levels: a bit of a level says that the word below it is not zero, so that finding the
/// next member and walking all of them costs what is set, not what the disk holds. The lowest level is allocated a page at a time
/// (64 words, 4096 granules: what one word of the level above stands for) and given back when it becomes empty, so that a set costs
/// what it holds, plus 1 MiB for each 2^28 granules (1 TiB at 4 KiB).
/// Not safe for use by several threads at once.
/// </summary>
public sealed class HierarchicalBitmap
{
    /// <summary>Words of 64 bits in a page of the lowest level.</summary>
    public const int PageWords = 64;

    private const int PageWordShift = 6;
    private const int MostSpare = 16384;    // 8 MiB

    private readonly ulong[]?[] _pages;     // the lowest level, null where a page is all zero
    private readonly ulong[][] _upper;      // _upper[0]: a bit a word of the lowest level, so a word a page; the last has one word
    private readonly Stack<ulong[]> _spare; // empty pages: what one set gives back, another takes, and the collector has nothing to do

    /// <summary>Makes an empty set for granules 0 to <paramref name="length"/> - 1.</summary>
    /// <param name="length">Granules.</param>
    /// <param name="sibling">A set of the same thread, between which and this one granules move: the two share their spare pages.</param>
    public HierarchicalBitmap(long length, HierarchicalBitmap? sibling = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _spare = sibling?._spare ?? new Stack<ulong[]>();
        long words = (length + 63) >> 6;
        int pages = checked((int)((words + PageWords - 1) >> PageWordShift));
        _pages = new ulong[pages][];
        var upper = new List<ulong[]>();
        long below = words;
        do
        {
            below = (below + 63) >> 6;
            upper.Add(new ulong[Math.Max(1, below)]);
        }
        while (below > 1);
        _upper = [.. upper];
    }

    /// <summary>How many granules there are, members or not.</summary>
    public long Length { get; }

    /// <summary>How many members the set has.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the set has no member.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>How many words of 64 granules the set spans; the range of <see cref="OrWord"/>.</summary>
    public long Words => (Length + 63) >> 6;

    /// <summary>Whether <paramref name="granule"/> is a member.</summary>
    public bool Contains(long granule)
    {
        CheckRange(granule, 1);
        return (Word(granule >> 6) >> (int)(granule & 63) & 1) != 0;
    }

    /// <summary>Whether any of <paramref name="count"/> granules from <paramref name="first"/> on is a member.</summary>
    public bool ContainsAny(long first, long count)
    {
        CheckRange(first, count);
        if (count == 0) return false;
        long next = Next(first);
        return next >= 0 && next < first + count;
    }

    /// <summary>Adds <paramref name="count"/> granules from <paramref name="first"/> on.</summary>
    public void Add(long first, long count = 1)
    {
        CheckRange(first, count);
        for (long end = first + count; first < end;)
        {
            long word = first >> 6;
            OrWord(word, Mask(first, end));
            first = (word + 1) << 6;
        }
    }

    /// <summary>Removes <paramref name="count"/> granules from <paramref name="first"/> on; those that are not members are left alone.</summary>
    public void Remove(long first, long count = 1)
    {
        CheckRange(first, count);
        long end = first + count;
        while (first < end)
        {
            long word = first >> 6;
            int page = (int)(word >> PageWordShift);
            if (_pages[page] is null)
            {
                first = (long)(page + 1) << (PageWordShift + 6);
                continue;
            }
            AndNotWord(word, Mask(first, end));
            first = (word + 1) << 6;
        }
    }

    /// <summary>The same range of a disk as a set of larger granules, or of more of them.</summary>
    /// <param name="length">Granules of the new set.</param>
    /// <param name="shift">log2 of how many of these granules one of the new set stands for; 0 or more.</param>
    public HierarchicalBitmap InGranules(long length, int shift)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shift);
        var set = new HierarchicalBitmap(length);
        for (long from = 0; NextRun(from, long.MaxValue, out long first, out long count); from = first + count)
        {
            long start = first >> shift, end = Math.Min((first + count - 1) >> shift, length - 1);
            if (start <= end) set.Add(start, end - start + 1);
        }
        return set;
    }

    /// <summary>The word that holds granules <c>64 * index</c> to <c>64 * index + 63</c>, lowest bit first.</summary>
    public ulong Word(long index) => _pages[index >> PageWordShift] is { } page ? page[index & (PageWords - 1)] : 0;

    /// <summary>Adds the granules whose bits are set in <paramref name="bits"/> to word <paramref name="index"/>. Bits past <see cref="Length"/> are ignored.</summary>
    public void OrWord(long index, ulong bits)
    {
        if (index == Words - 1 && (Length & 63) != 0) bits &= (1UL << (int)(Length & 63)) - 1;
        if (bits == 0) return;
        int p = (int)(index >> PageWordShift);
        ulong[] page = _pages[p] ??= TakePage();
        ref ulong word = ref page[index & (PageWords - 1)];
        Count += BitOperations.PopCount(bits & ~word);
        if (word == 0)
        {
            long at = index;
            foreach (ulong[] level in _upper)
            {
                ref ulong summary = ref level[at >> 6];
                bool known = summary != 0;
                summary |= 1UL << (int)(at & 63);
                if (known) break;
                at >>= 6;
            }
        }
        word |= bits;
    }

    /// <summary>The smallest member at or after <paramref name="from"/>, or -1.</summary>
    public long Next(long from)
    {
        if (from < 0) from = 0;
        if (from >= Length || Count == 0) return -1;
        long index = from >> 6;
        ulong word = Word(index) & (ulong.MaxValue << (int)(from & 63));
        if (word != 0) return (index << 6) + BitOperations.TrailingZeroCount(word);
        // Climb until a level knows of something to the right, then go down again on its leftmost branch.
        for (int level = 0; level < _upper.Length; level++)
        {
            long next = index + 1;
            if (next >> 6 < _upper[level].Length)
            {
                ulong rest = _upper[level][next >> 6] & (ulong.MaxValue << (int)(next & 63));
                if (rest != 0)
                {
                    long at = (next >> 6 << 6) + BitOperations.TrailingZeroCount(rest);
                    for (int down = level - 1; down >= 0; down--) at = (at << 6) + BitOperations.TrailingZeroCount(_upper[down][at]);
                    return (at << 6) + BitOperations.TrailingZeroCount(Word(at));
                }
            }
            index >>= 6;
        }
        return -1;
    }

    /// <summary>The first run of members at or after <paramref name="from"/>, cut at <paramref name="most"/> granules; false when there is none.</summary>
    public bool NextRun(long from, long most, out long first, out long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        first = Next(from);
        count = 0;
        if (first < 0) return false;
        long at = first;
        while (at < Length && at - first < most)
        {
            ulong gaps = ~Word(at >> 6) & (ulong.MaxValue << (int)(at & 63));
            if (gaps != 0)
            {
                at = (at >> 6 << 6) + BitOperations.TrailingZeroCount(gaps);
                break;
            }
            at = ((at >> 6) + 1) << 6;
        }
        count = Math.Min(Math.Min(at, Length) - first, most);
        return true;
    }

    /// <summary>Adds every member of <paramref name="other"/>, which must be of the same length.</summary>
    public void UnionWith(HierarchicalBitmap other)
    {
        if (other.Length != Length) throw new ArgumentException("The two sets are of different lengths.", nameof(other));
        foreach ((long index, ulong bits) in other.NonZeroWords()) OrWord(index, bits);
    }

    /// <summary>Every word that is not zero, in order. The set must not change meanwhile.</summary>
    public IEnumerable<(long Index, ulong Bits)> NonZeroWords()
    {
        for (int p = 0; p < _pages.Length; p++)
        {
            for (ulong left = _upper[0][p]; left != 0; left &= left - 1)
            {
                int w = BitOperations.TrailingZeroCount(left);
                yield return (((long)p << PageWordShift) + w, _pages[p]![w]);
            }
        }
    }

    /// <summary>Removes all members and gives their memory back.</summary>
    public void Clear()
    {
        if (Count == 0) return;
        for (int p = 0; p < _pages.Length; p++)
        {
            if (_pages[p] is not { } page) continue;
            Array.Clear(page);
            GivePage(p, page);
        }
        foreach (ulong[] level in _upper) Array.Clear(level);
        Count = 0;
    }

    private void AndNotWord(long index, ulong bits)
    {
        int p = (int)(index >> PageWordShift);
        if (_pages[p] is not { } page) return;
        ref ulong word = ref page[index & (PageWords - 1)];
        if ((word & bits) == 0) return;
        Count -= BitOperations.PopCount(word & bits);
        word &= ~bits;
        if (word != 0) return;
        long at = index;
        foreach (ulong[] level in _upper)
        {
            ref ulong summary = ref level[at >> 6];
            summary &= ~(1UL << (int)(at & 63));
            if (summary != 0) break;
            at >>= 6;
        }
        if (_upper[0][p] != 0) return;
        GivePage(p, page);
    }

    private void GivePage(int p, ulong[] page)
    {
        if (_spare.Count < MostSpare) _spare.Push(page);
        _pages[p] = null;
    }

    private ulong[] TakePage() => _spare.TryPop(out ulong[]? page) ? page : new ulong[PageWords];

    /// <summary>The bits of the word of <paramref name="first"/> from there up to <paramref name="end"/> (exclusive, maybe in a later word).</summary>
    private static ulong Mask(long first, long end)
    {
        ulong mask = ulong.MaxValue << (int)(first & 63);
        long wordEnd = ((first >> 6) + 1) << 6;
        if (end < wordEnd) mask &= (1UL << (int)(end & 63)) - 1;
        return mask;
    }

    private void CheckRange(long first, long count)
    {
        if (first < 0 || count < 0 || first > Length - count) throw new ArgumentOutOfRangeException(nameof(first), $"Granules {first} to {first + count} are not all in 0 to {Length}.");
    }
}
