using Mirror.Core.Blocks;
using Xunit.Abstractions;

namespace Mirror.Core.Tests.Blocks;

public sealed class HierarchicalBitmapTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    [InlineData(32768)]
    [InlineData(100_003)]
    [InlineData(300_000)]
    public void It_does_what_a_slow_model_does(int length)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var fast = new HierarchicalBitmap(length);
        var slow = new bool[length];
        for (int step = 0; step < 2000; step++)
        {
            int first = random.Next(length);
            int count = random.Next(4) switch
            {
                0 => 1,
                1 => random.Next(Math.Min(200, length - first) + 1),
                2 => random.Next(length - first + 1),
                _ => Math.Min(64, length - first),
            };
            switch (random.Next(5))
            {
                case 0 or 1:
                    fast.Add(first, count);
                    slow.AsSpan(first, count).Fill(true);
                    break;
                case 2:
                    fast.Remove(first, count);
                    slow.AsSpan(first, count).Clear();
                    break;
                case 3:
                    ulong bits = (ulong)random.NextInt64() & (ulong)random.NextInt64();
                    int word = first / 64;
                    fast.OrWord(word, bits);
                    for (int bit = 0; bit < 64 && word * 64 + bit < length; bit++) slow[word * 64 + bit] |= (bits >> bit & 1) != 0;
                    break;
                default:
                    if (step % 100 == 4) Clear(fast, slow);
                    break;
            }
            CheckRun(fast, slow, random.Next(length), 1 + random.Next(length));
            Assert.Equal(slow[first], fast.Contains(first));
            Assert.Equal(slow.AsSpan(first, count).Contains(true), fast.ContainsAny(first, count));
            if (step % 50 == 0) CheckAll(fast, slow);
        }
        CheckAll(fast, slow);
    }

    [Fact]
    public void A_set_of_a_huge_disk_is_nearly_free_while_it_is_empty()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var set = new HierarchicalBitmap((1L << 40) / 4096); // 1 TiB
        long empty = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(empty, 0, (1 << 20) + (1 << 16)); // a word and a reference for each page of 4096 granules, and 1/64 of the words above
        set.Add(set.Length - 1);
        Assert.Equal(set.Length - 1, set.Next(0));
        Assert.Equal(1, set.Count);
    }

    [Fact]
    public void A_union_has_the_members_of_both()
    {
        var a = new HierarchicalBitmap(200_000);
        var b = new HierarchicalBitmap(200_000);
        a.Add(5, 70);
        b.Add(60, 40_000);
        a.UnionWith(b);
        Assert.Equal(40_055, a.Count);
        Assert.True(a.NextRun(0, long.MaxValue, out long first, out long count));
        Assert.Equal((5, 40_055), (first, count));
        Assert.Throws<ArgumentException>(() => a.UnionWith(new HierarchicalBitmap(5)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Larger_granules_hold_all_that_smaller_ones_held(int shift)
    {
        var random = new Random(shift);
        var small = new HierarchicalBitmap(10_000);
        for (int i = 0; i < 300; i++) small.Add(random.NextInt64(10_000));
        HierarchicalBitmap large = small.InGranules(20_000, shift);
        for (long i = 0; i < large.Length; i++)
        {
            bool any = false;
            for (long g = i << shift; g < Math.Min((i + 1) << shift, small.Length); g++) any |= small.Contains(g);
            Assert.Equal(any, large.Contains(i));
        }
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 101)]
    [InlineData(100, 1)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, 1)]
    public void What_lies_outside_is_refused(long first, long count)
    {
        var set = new HierarchicalBitmap(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Add(first, count));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Remove(first, count));
    }

    private static void Clear(HierarchicalBitmap fast, bool[] slow)
    {
        fast.Clear();
        slow.AsSpan().Clear();
    }

    private static void CheckRun(HierarchicalBitmap fast, bool[] slow, int from, int most)
    {
        int expected = Array.IndexOf(slow, true, from);
        Assert.Equal(expected, fast.Next(from));
        bool found = fast.NextRun(from, most, out long first, out long count);
        Assert.Equal(expected >= 0, found);
        if (!found) return;
        int end = expected;
        while (end < slow.Length && slow[end] && end - expected < most) end++;
        Assert.Equal((expected, end - expected), (first, count));
    }

    private static void CheckAll(HierarchicalBitmap fast, bool[] slow)
    {
        Assert.Equal(slow.Count(b => b), fast.Count);
        long at = 0;
        foreach ((long index, ulong bits) in fast.NonZeroWords())
        {
            Assert.NotEqual(0UL, bits);
            for (; at < index * 64; at++) Assert.False(slow[at]);
            for (int bit = 0; bit < 64 && at < slow.Length; bit++, at++) Assert.Equal(slow[at], (bits >> bit & 1) != 0);
        }
        for (; at < slow.Length; at++) Assert.False(slow[at]);
    }
}
