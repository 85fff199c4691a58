using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// Finds writes that overlap and were on their way together. The disk may have kept either of them, whichever completed first, so their order in the ring says
/// nothing, and what the disk has must be read. Two were on their way together when the later one of the ring had started before the other one completed.
///
/// <para>Remembers when each sector was last written, of the latest writes, in two halves of a bounded size: when one is full, the older one is forgotten. A write that
/// started before the completion of a forgotten one counts as overlapping it, so nothing is missed; such a write has taken as long as 128 MiB of others.</para>
/// </summary>
/// <param name="now">The present, of the clock of <see cref="TapRecord.Completed"/>: what completed before is not known.</param>
/// <param name="mostBlocks">Blocks of 4096 bytes that a half remembers.</param>
/// <param name="mostRanges">Ranges too long for blocks that a half remembers.</param>
internal sealed class ConcurrentWrites(long now, int mostBlocks = 32 << 10, int mostRanges = 256)
{
    private const int BlockShift = 3, BlockSectors = 1 << BlockShift;   // a block in sectors
    private const long MostSectors = 1024 << BlockShift;                // a longer write, which is zeroes, is a range

    private Half _latest = new();
    private Half _before = new();
    private long _forgotten = now;      // no completion later than this is forgotten

    /// <summary>Remembers what a record wrote and says whether an earlier write of the ring overlaps it and was on its way together with it.</summary>
    public bool Note(in TapRecord record)
    {
        bool found = record.Started < _forgotten || _latest.Meets(record) || _before.Meets(record);
        if (_latest.Blocks.Count >= mostBlocks || _latest.Ranges.Count >= mostRanges)
        {
            _forgotten = Math.Max(_forgotten, _before.Completed);
            (_latest, _before) = (_before, _latest);
            _latest.Clear();
        }
        _latest.Add(record);
        return found;
    }

    /// <summary>Says that writes before <paramref name="present"/> were not noted: what was on its way then may overlap one of them.</summary>
    public void Miss(long present) => _forgotten = Math.Max(_forgotten, present);

    /// <summary>When each sector of a block was complete; 0 for those that nothing has written.</summary>
    [InlineArray(BlockSectors)]
    private struct Block
    {
        private long _completed;
    }

    private readonly record struct Range(long From, long To, long Completed);

    private sealed class Half
    {
        /// <summary>By their numbers.</summary>
        public Dictionary<long, Block> Blocks { get; } = [];

        public List<Range> Ranges { get; } = [];

        /// <summary>The latest completion.</summary>
        public long Completed { get; private set; }

        public void Clear()
        {
            Blocks.Clear();
            Ranges.Clear();
            Completed = 0;
        }

        /// <summary>Whether something here overlaps the record and completed after its write had started. Records of one completion do not overlap.</summary>
        public bool Meets(in TapRecord record)
        {
            if (record.Started >= Completed) return false;
            long end = record.Sector + record.Sectors;
            foreach (Range range in Ranges)
            {
                if (record.Started < range.Completed && range.From < end && record.Sector < range.To) return true;
            }
            if (record.Sectors > MostSectors)
            {
                foreach (long number in Blocks.Keys)
                {
                    if (Meets(number, record, end)) return true;
                }
                return false;
            }
            for (long number = record.Sector >> BlockShift; number << BlockShift < end; number++)
            {
                if (Meets(number, record, end)) return true;
            }
            return false;
        }

        public void Add(in TapRecord record)
        {
            Completed = Math.Max(Completed, record.Completed);
            long end = record.Sector + record.Sectors;
            if (record.Sectors > MostSectors)
            {
                Ranges.Add(new Range(record.Sector, end, record.Completed));
                return;
            }
            for (long number = record.Sector >> BlockShift; number << BlockShift < end; number++)
            {
                ref Block block = ref CollectionsMarshal.GetValueRefOrAddDefault(Blocks, number, out _);
                foreach (ref long completed in Within(ref block, number, record.Sector, end)) completed = Math.Max(completed, record.Completed);
            }
        }

        private bool Meets(long number, in TapRecord record, long end)
        {
            ref Block block = ref CollectionsMarshal.GetValueRefOrNullRef(Blocks, number);
            if (Unsafe.IsNullRef(ref block)) return false;
            foreach (long completed in Within(ref block, number, record.Sector, end))
            {
                if (record.Started < completed) return true;
            }
            return false;
        }

        /// <summary>The times of the sectors of a block that lie in a range.</summary>
        private static Span<long> Within(ref Block block, long number, long from, long to)
        {
            long first = Math.Max(from - (number << BlockShift), 0), last = Math.Min(to - (number << BlockShift), BlockSectors);
            return first < last ? ((Span<long>)block)[(int)first..(int)last] : [];
        }
    }
}
