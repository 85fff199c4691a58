using Mirror.Core.Fakes;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Store;

public sealed class MarkSlotsTests
{
    private const string Path = "/s/marks";

    private readonly FakeImageFiles _files = new();

    [Fact]
    public void A_new_file_has_no_mark()
    {
        MarkSlots.Create(_files, Path);
        using MarkSlots slots = MarkSlots.Open(_files, Path);
        Assert.Equal(0UL, slots.State.Mark.N);
        Assert.False(slots.State.Kept);
    }

    [Fact]
    public void Every_field_comes_back_and_the_latest_counts()
    {
        MarkSlots.Create(_files, Path);
        StoreState last = StoreState.Nothing;
        for (ulong n = 1; n <= 5; n++)
        {
            using MarkSlots slots = MarkSlots.Open(_files, Path);
            Assert.Equal(last.Overlays.ToArray(), slots.State.Overlays.ToArray());
            Assert.Equal(last, slots.State with { Overlays = last.Overlays });
            last = State(n) with
            {
                Consistent = Mark(n / 2, true),
                ConsistentBytes = (long)n * 512,
                Kept = n > 1,
                Run = ulong.MaxValue - n,
                From = (long)n * 4096,
                ConsistentEnd = (long)n * 8192,
                End = (long)n * 16384,
                NextOverlay = n * 7,
                Overlays = [.. Enumerable.Range(1, (int)n * 3).Select(i => new OverlayEntry((ulong)i, i % 2 == 0))],
            };
            slots.Store(last);
        }
        using MarkSlots opened = MarkSlots.Open(_files, Path);
        Assert.Equal(last.Overlays.ToArray(), opened.State.Overlays.ToArray());
        Assert.Equal(last, opened.State with { Overlays = last.Overlays });
    }

    [Fact]
    public void A_mark_with_a_lower_number_of_a_new_incarnation_counts_when_it_is_later()
    {
        MarkSlots.Create(_files, Path);
        using (MarkSlots slots = MarkSlots.Open(_files, Path))
        {
            slots.Store(State(900));
            slots.Store(State(1));
        }
        using MarkSlots opened = MarkSlots.Open(_files, Path);
        Assert.Equal(1UL, opened.State.Mark.N);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(70)]
    public void A_torn_slot_leaves_the_mark_before(int at)
    {
        MarkSlots.Create(_files, Path);
        using (MarkSlots slots = MarkSlots.Open(_files, Path))
        {
            slots.Store(State(1));
            slots.Store(State(2));   // sequence 2: slot 0
        }
        Damage(at);
        using (MarkSlots slots = MarkSlots.Open(_files, Path))
        {
            Assert.Equal(1UL, slots.State.Mark.N);
            slots.Store(State(3));   // into the torn one
        }
        using MarkSlots opened = MarkSlots.Open(_files, Path);
        Assert.Equal(3UL, opened.State.Mark.N);
    }

    [Fact]
    public void A_first_mark_that_was_torn_never_was()
    {
        MarkSlots.Create(_files, Path);
        using (MarkSlots slots = MarkSlots.Open(_files, Path)) slots.Store(State(1));
        Damage(4096 + 30);
        using MarkSlots opened = MarkSlots.Open(_files, Path);
        Assert.Equal(0UL, opened.State.Mark.N);
    }

    [Fact]
    public void Two_damaged_slots_are_an_error_and_stay_as_they_are()
    {
        MarkSlots.Create(_files, Path);
        using (MarkSlots slots = MarkSlots.Open(_files, Path))
        {
            slots.Store(State(1));
            slots.Store(State(2));
        }
        Damage(10);
        Damage(4096 + 10);
        byte[] before = _files.Image(Path).ToArray();
        var e = Assert.Throws<StoreUnusableException>(() => MarkSlots.Open(_files, Path));
        Assert.Contains(Path, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _files.Image(Path).ToArray());
    }

    [Fact]
    public void A_missing_or_short_file_is_an_error()
    {
        Assert.Throws<StoreUnusableException>(() => MarkSlots.Open(_files, Path));
        using (IImageFile file = _files.Open(Path, ImageOpenMode.New)) file.SetSize(100);
        Assert.Throws<StoreUnusableException>(() => MarkSlots.Open(_files, Path));
    }

    private static StoreState State(ulong n) => new() { Mark = Mark(n) };

    private static ImageMark Mark(ulong n, bool consistent = false) => new(n, n * 77, consistent, n * 5, 1000 + n, Guid.NewGuid());

    private void Damage(int at)
    {
        using IImageFile file = _files.Open(Path, ImageOpenMode.Existing);
        byte[] one = new byte[1];
        file.Read(at, one);
        one[0] ^= 0x40;
        file.Write(at, one);
        file.Flush();
    }
}
