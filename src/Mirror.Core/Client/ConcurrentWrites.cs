using System.Runtime.InteropServices;
using Mirror.Core.Taps;

namespace Mirror.Core.Client;

/// <summary>
/// Finds writes that overlap and were on their way together. The disk may have kept either of them, whichever completed first, so their order in the ring says
/// nothing, and what the disk has must be read. Two were on their way together when the later one of the ring had started before the other one completed.
///
/// <para>Remembers the latest writes, in two halves of a bounded size: when one is full, the older one is forgotten. A write that started before the completion of a
/// forgotten one counts as overlapping it, so nothing is missed; such a write has taken as long as hundreds of MB of others.</para>
/// <para>Exact to the sector, but not quite to the time: of a block that several have written it keeps their sectors and the latest completion.
/// The records of one completion never overlap, so they are not told apart.</para>
/// </summary>
/// <param name="mostBlocks">Blocks of 4096 bytes that a half remembers.</param>
/// <param name="mostRanges">Ranges too long for blocks that a half remembers.</param>
internal sealed class ConcurrentWrites(int mostBlocks = 64 << 10, int mostRanges = 256)
{
    private const int BlockShift = 3, BlockSectors = 1 << BlockShift;   // a block in sectors
    private const long MostSectors = 1024 << BlockShift;                // a longer one, which is zeroes, is a range

    private Half _latest = new();
    private Half _before = new();
    private long _forgotten = long.MinValue;    // the latest completion that is forgotten
    private bool _begun;

    /// <summary>Remembers a write and says whether an earlier one of the ring overlaps it and was on its way together with it.</summary>
    public bool Note(in TapRecord record)
    {
        if (!_begun) _forgotten = record.Completed;     // what was before the first one is not known
        _begun = true;
        long end = record.Sector + record.Sectors;
        bool found = record.Started < _forgotten || _latest.Meets(record, end) || _before.Meets(record, end);
        if (_latest.Blocks.Count >= mostBlocks || _latest.Ranges.Count >= mostRanges)
        {
            _forgotten = Math.Max(_forgotten, _before.Completed);
            (_latest, _before) = (_before, _latest);
            _latest.Clear();
        }
        _latest.Add(record, end);
        return found;
    }

    /// <summary>The sectors of a block that lie in a range, a bit each.</summary>
    private static byte Sectors(long block, long from, long to)
    {
        int first = (int)Math.Max(from - (block << BlockShift), 0), last = (int)Math.Min(to - (block << BlockShift), BlockSectors);
        return (byte)((1 << last) - (1 << first));
    }

    private readonly record struct Block(byte Sectors, long Completed);

    private readonly record struct Range(long From, long To, long Completed);

    private sealed class Half
    {
        /// <summary>By their numbers.</summary>
        public Dictionary<long, Block> Blocks { get; } = [];

        public List<Range> Ranges { get; } = [];

        /// <summary>The latest completion.</summary>
        public long Completed { get; private set; } = long.MinValue;

        public void Clear()
        {
            Blocks.Clear();
            Ranges.Clear();
            Completed = long.MinValue;
        }

        /// <summary>Whether something here overlaps the record and completed after it had started.</summary>
        public bool Meets(in TapRecord record, long end)
        {
            if (record.Started >= Completed) return false;
            foreach (Range range in Ranges)
            {
                if (record.Started < range.Completed && range.From < end && record.Sector < range.To) return true;
            }
            long first = record.Sector >> BlockShift, last = (end - 1) >> BlockShift;
            if (record.Sectors > MostSectors)
            {
                foreach ((long number, Block block) in Blocks)
                {
                    if (number >= first && number <= last && Meets(number, block, record, end)) return true;
                }
                return false;
            }
            for (long number = first; number <= last; number++)
            {
                if (Blocks.TryGetValue(number, out Block block) && Meets(number, block, record, end)) return true;
            }
            return false;
        }

        public void Add(in TapRecord record, long end)
        {
            Completed = Math.Max(Completed, record.Completed);
            if (record.Sectors > MostSectors)
            {
                Ranges.Add(new Range(record.Sector, end, record.Completed));
                return;
            }
            for (long number = record.Sector >> BlockShift; number << BlockShift < end; number++)
            {
                ref Block block = ref CollectionsMarshal.GetValueRefOrAddDefault(Blocks, number, out _);
                block = new Block((byte)(block.Sectors | Sectors(number, record.Sector, end)), Math.Max(block.Completed, record.Completed));
            }
        }

        private static bool Meets(long number, Block block, in TapRecord record, long end) =>
            record.Started < block.Completed && (block.Sectors & Sectors(number, record.Sector, end)) != 0;
    }
}
