using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Taps;

namespace Mirror.Core.Tests.Client;

/// <summary>Writes that overlap and are on their way together: the disk may have kept either, so it is asked.</summary>
public sealed class ConcurrentWritesTests
{
    [Fact]
    public async Task The_image_keeps_the_one_that_the_disk_has_kept()
    {
        const int Most = 64 << 10;
        await using var rig = new EngineRig(16 << 20);
        rig.Start();
        await rig.WaitIdleAsync();
        // Each place once: nothing hides what went wrong there.
        var random = new Random(5);
        byte[] one = new byte[Most], other = new byte[Most];
        for (int at = 0; at + 2 * Most <= 16 << 20; at += 2 * Most)
        {
            random.NextBytes(one);
            random.NextBytes(other);
            int length = 512 * random.Next(1, 128), second = at + 512 * random.Next(length / 512);
            rig.Disk.WriteTogether(at, one[..length], second, other[..(512 * random.Next(1, 128))])();
            if (random.Next(16) == 0) await rig.WaitIdleAsync();    // a write that comes while nothing else is under way, too
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    /// <summary>The one that was complete first came without its content, and was read before the other one was complete.</summary>
    [Theory]
    [InlineData(TapRate.Lo)]
    [InlineData(TapRate.Off)]
    public async Task One_whose_content_was_read_is_remembered(TapRate rate)
    {
        await using var rig = new EngineRig(4 << 20);
        rig.Start();
        await rig.WaitIdleAsync();
        rig.Kernel.DataLimit = 0;
        if (rate == TapRate.Off) rig.Kernel.RecordLimit = 0;
        Action other = rig.Disk.WriteTogether(0, new byte[4096], 0, [.. Enumerable.Repeat((byte)7, 4096)]);
        Assert.Equal(rate, rig.Kernel.Rate);
        rig.Kernel.DataLimit = rig.Kernel.RecordLimit = 64 << 20;
        await rig.WaitIdleAsync();
        await rig.WaitForAsync(s => s.State == MirrorState.Live && s.Rate == TapRate.Hi, "delivered with content again");
        rig.AssertIdentical();
        other();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [Fact]
    public async Task Writes_one_after_the_other_are_not_read_from_the_disk()
    {
        await using var rig = new EngineRig(4 << 20);
        rig.Kernel.DataLimit = 64 << 20;
        rig.Start();
        await rig.WaitIdleAsync();
        var random = new Random(6);
        byte[] data = new byte[64 << 10];
        long read = rig.Disk.BytesRead;
        for (int i = 0; i < 400; i++)
        {
            random.NextBytes(data);
            int length = 512 * random.Next(1, 128);
            rig.Disk.Write(512 * random.Next(((1 << 20) - length) / 512), data.AsSpan(0, length));
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(read, rig.Disk.BytesRead);
    }

    [Fact]
    public void What_overlaps_in_place_and_time_is_found_to_the_sector()
    {
        var writes = new ConcurrentWrites(2);
        Assert.True(Note(writes, 1000, 1, 1, 3));       // what was before is not known
        Assert.False(Note(writes, 8, 3, 10, 20));
        Assert.False(Note(writes, 8, 3, 20, 30));       // one after the other
        Assert.True(Note(writes, 10, 1, 29, 40));
        Assert.False(Note(writes, 11, 5, 25, 41));      // beside it, in the same block
        Assert.False(Note(writes, 16, 8, 10, 42));
        Assert.True(Note(writes, 0, 100, 41, 50));
        Assert.False(Note(writes, 100, 9000, 41, 51));  // long
        Assert.True(Note(writes, 9099, 1, 50, 60));
        Assert.False(Note(writes, 9100, 1, 50, 61));
        Assert.True(Note(writes, 9000, 100000, 60, 62));
        Assert.False(Note(writes, 9000, 100000, 62, 63));
    }

    /// <summary>As a file system of small blocks writes its journal.</summary>
    [Fact]
    public void The_records_of_one_completion_do_not_count_as_two()
    {
        var writes = new ConcurrentWrites(0);
        for (int time = 10; time < 100; time += 10)
        {
            for (int sector = 3; sector < 40; sector++) Assert.False(Note(writes, sector, 1, time, time + 5));
        }
    }

    [Fact]
    public void What_was_on_its_way_when_others_were_missed_may_overlap_them()
    {
        var writes = new ConcurrentWrites(0);
        Assert.False(Note(writes, 0, 8, 1, 2));
        writes.Miss(20);
        Assert.True(Note(writes, 100, 8, 19, 30));
        Assert.False(Note(writes, 200, 8, 20, 31));
    }

    [Theory]
    [InlineData(16, 4, false)]
    [InlineData(1 << 20, 1 << 20, true)]
    public void Whatever_is_remembered_no_overlap_is_missed(int blocks, int ranges, bool all)
    {
        var writes = new ConcurrentWrites(0, blocks, ranges);
        var model = new List<(long From, long To, long Completed)>();
        var random = new Random(7);
        int found = 0, none = 0;
        for (int i = 1; i <= 20_000; i++)
        {
            long sectors = random.Next(40) == 0 ? 9000 + random.Next(9000) : random.Next(1, 40), from = random.Next(2000);
            long started = Math.Max((i * 10L) - random.Next(random.Next(20) == 0 ? 2000 : 40), 0), completed = i * 10L;
            bool overlaps = model.Exists(w => w.From < from + sectors && from < w.To && started < w.Completed);
            bool said = Note(writes, from, sectors, started, completed);
            Assert.True(said || !overlaps, $"write {i}");
            if (all) Assert.Equal(overlaps, said);
            found += overlaps ? 1 : 0;
            none += said ? 0 : 1;
            model.Add((from, from + sectors, completed));
            if (model.Count > 400) model.RemoveAt(0);
        }
        Assert.InRange(found, 1000, 19_000);
        Assert.InRange(none, 1000, 19_000);
    }

    private static bool Note(ConcurrentWrites writes, long sector, long sectors, long started, long completed) => writes.Note(new TapRecord
    {
        Kind = TapRecordKind.Zero,
        Sector = sector,
        Sectors = sectors,
        Request = 1,
        Last = true,
        Started = started,
        Completed = completed,
    });
}
