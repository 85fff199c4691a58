using System.Numerics;
using Mirror.Core.Blocks;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// The five planes of the map <c>bits</c>, from this process's side. Header and summary of each plane stay mapped; leaf pages are mapped
/// in windows while they are looked at, because a mapped page of a BPF map counts as resident memory, set or not. Everything here
/// costs what is set. One thread at a time; the programs write the current planes meanwhile.
/// </summary>
internal sealed unsafe class TapBitmaps : IDisposable
{
    private const int WindowPages = 64;     // what one summary word stands for

    private readonly int _map;
    private readonly MappedMemory[] _fronts = new MappedMemory[TapLayout.Planes];

    public TapBitmaps(int map, TapLayout layout)
    {
        _map = map;
        Layout = layout;
        for (int plane = 0; plane < _fronts.Length; plane++)
        {
            _fronts[plane] = new MappedMemory(map, plane * layout.PlaneWords * 8, layout.LeafBase * 8, writable: true, "The tap's bitmap");
        }
    }

    private delegate void Visitor(long firstWord, Span<ulong> words);

    public TapLayout Layout { get; }

    /// <summary>Generation number in a plane's header.</summary>
    public ref ulong Generation(int plane) => ref Front(plane)[TapLayout.GenerationWord];

    /// <summary>Records of this plane's generation that were not delivered.</summary>
    public ref ulong Undelivered(int plane) => ref Front(plane)[TapLayout.UndeliveredWord];

    /// <summary>Whether no bit is set. Exact for a plane that no program writes.</summary>
    public bool IsEmpty(int plane)
    {
        ulong* summary = Summary(plane);
        for (long i = 0; i < Layout.SummaryWords; i++)
        {
            if (summary[i] != 0) return false;
        }
        return true;
    }

    /// <summary>Adds the plane's granules to a set.</summary>
    public void CopyTo(int plane, HierarchicalBitmap target)
    {
        if (target.Length != Layout.Granules) throw new ArgumentException($"The set has {target.Length} granules, the tap {Layout.Granules}.", nameof(target));
        Visit(plane, writable: false, (first, words) =>
        {
            for (int i = 0; i < words.Length; i++)
            {
                ulong bits = Volatile.Read(ref words[i]);
                if (bits != 0) target.OrWord(first + i, bits);
            }
        });
    }

    /// <summary>Clears the plane, header counters too. No program may be writing it.</summary>
    public void Clear(int plane)
    {
        Visit(plane, writable: true, static (_, words) => words.Clear());
        new Span<ulong>(Summary(plane), checked((int)Layout.SummaryWords)).Clear();
        Undelivered(plane) = 0;
    }

    /// <summary>Adds what is set in one plane to another, which programs may be writing.</summary>
    public void Merge(int from, int into)
    {
        using var writer = new Writer(this, into);
        Visit(from, writable: false, (first, words) =>
        {
            for (int i = 0; i < words.Length; i++)
            {
                if (words[i] != 0) writer.Or(first + i, words[i]);
            }
        });
    }

    /// <summary>
    /// Makes a plane, which nobody else writes, the union of sets: word by word, so that what a crash leaves is old or new in each word.
    /// Costs what is and was set.
    /// </summary>
    public void Replace(int plane, ReadOnlySpan<HierarchicalBitmap> sets)
    {
        foreach (HierarchicalBitmap set in sets)
        {
            if (set.Length != Layout.Granules) throw new ArgumentException($"A set has {set.Length} granules, the tap {Layout.Granules}.", nameof(sets));
        }
        ulong* summary = Summary(plane);
        long at = 0;
        while ((at = NextPage(plane, sets, at)) >= 0)
        {
            long group = at - (at % WindowPages), end = Math.Min(group + WindowPages, Layout.LeafPages);
            using MappedMemory window = Window(plane, group, end - group, writable: true);
            for (; at >= 0 && at < end; at = NextPage(plane, sets, at + 1))
            {
                // A summary bit over an empty page does no harm; a page without its bit would be overlooked.
                summary[at >> 6] |= 1UL << (int)(at & 63);
                ulong* words = (ulong*)window.Pointer + ((at - group) * TapLayout.PageWords);
                if (!ReplacePage(words, at * TapLayout.PageWords, sets)) summary[at >> 6] &= ~(1UL << (int)(at & 63));
            }
            if (at < 0) break;
        }
    }

    private static bool ReplacePage(ulong* words, long first, ReadOnlySpan<HierarchicalBitmap> sets)
    {
        ulong any = 0;
        long most = Math.Min(TapLayout.PageWords, sets.IsEmpty ? TapLayout.PageWords : sets[0].Words - first);
        for (int i = 0; i < most; i++)
        {
            ulong word = 0;
            foreach (HierarchicalBitmap set in sets) word |= set.Word(first + i);
            if (words[i] != word) words[i] = word;
            any |= word;
        }
        return any != 0;
    }

    /// <summary>The first page from <paramref name="from"/> on that has a bit in the plane or in a set; -1 when there is none.</summary>
    private long NextPage(int plane, ReadOnlySpan<HierarchicalBitmap> sets, long from)
    {
        const int granulesShift = 15;      // of a page
        long best = long.MaxValue;
        if (from >= Layout.LeafPages) return -1;
        foreach (HierarchicalBitmap set in sets)
        {
            long next = set.Next(from << granulesShift);
            if (next >= 0) best = Math.Min(best, next >> granulesShift);
        }
        ulong* summary = Summary(plane);
        for (long i = from >> 6; i < Layout.SummaryWords && i << 6 < best; i++)
        {
            ulong bits = summary[i];
            if (i == from >> 6) bits &= ulong.MaxValue << (int)(from & 63);
            if (bits == 0) continue;
            best = Math.Min(best, (i << 6) + BitOperations.TrailingZeroCount(bits));
            break;
        }
        return best == long.MaxValue ? -1 : best;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MappedMemory front in _fronts) front.Dispose();
    }

    private ulong* Front(int plane) => (ulong*)_fronts[plane].Pointer;

    private ulong* Summary(int plane) => Front(plane) + TapLayout.HeaderWords;

    private MappedMemory Window(int plane, long page, long pages, bool writable)
        => new(_map, ((plane * Layout.PlaneWords) + Layout.LeafBase + (page * TapLayout.PageWords)) * 8, pages * TapLayout.PageBytes, writable, "A window of the tap's bitmap");

    private void Visit(int plane, bool writable, Visitor visitor)
    {
        ulong* summary = Summary(plane);
        for (long i = 0; i < Layout.SummaryWords; i++)
        {
            ulong pages = Volatile.Read(ref summary[i]);
            if (pages == 0) continue;
            int low = BitOperations.TrailingZeroCount(pages), high = 63 - BitOperations.LeadingZeroCount(pages);
            long first = (i << 6) + low;
            using MappedMemory window = Window(plane, first, high - low + 1, writable);
            for (; pages != 0; pages &= pages - 1)
            {
                int page = BitOperations.TrailingZeroCount(pages) - low;
                visitor((first + page) * TapLayout.PageWords, new Span<ulong>(window.Pointer + ((long)page * TapLayout.PageBytes), TapLayout.PageWords));
            }
        }
    }

    /// <summary>Ors words into a plane, leaf before summary, through a window that moves along.</summary>
    private sealed class Writer(TapBitmaps bitmaps, int plane) : IDisposable
    {
        private MappedMemory? _window;
        private long _windowPage = -1;

        public void Or(long word, ulong bits)
        {
            long page = word / TapLayout.PageWords;
            if (page - page % WindowPages != _windowPage)
            {
                _window?.Dispose();
                _window = null;
                _windowPage = page - page % WindowPages;
                _window = bitmaps.Window(plane, _windowPage, Math.Min(WindowPages, bitmaps.Layout.LeafPages - _windowPage), writable: true);
            }
            Interlocked.Or(ref ((ulong*)_window!.Pointer)[word - (_windowPage * TapLayout.PageWords)], bits);
            ref ulong summary = ref bitmaps.Summary(plane)[page >> 6];
            ulong bit = 1UL << (int)(page & 63);
            if ((Volatile.Read(ref summary) & bit) == 0) Interlocked.Or(ref summary, bit);
        }

        public void Dispose() => _window?.Dispose();
    }
}
