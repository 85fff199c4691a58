using Mirror.Core.Client;
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
            rig.Disk.WriteTogether(at, one.AsSpan(0, length), second, other.AsSpan(0, 512 * random.Next(1, 128)));
            if (random.Next(4) == 0) await Task.Delay(1);
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
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
        rig.Disk.Write(0, data.AsSpan(0, 512));     // what was on its way before the first one is not known
        await rig.WaitIdleAsync();
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
        var writes = new ConcurrentWrites();
        Assert.True(Note(writes, 1000, 1, 1, 2));       // the first: what was before is not known
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

    [Fact]
    public void The_records_of_one_completion_do_not_count_as_two()
    {
        var writes = new ConcurrentWrites();
        Note(writes, 0, 1, 1, 2);
        for (int sector = 8; sector < 40; sector++) Assert.False(Note(writes, sector, 1, 10, 20));
    }

    [Fact]
    public void Whatever_is_remembered_no_overlap_is_missed()
    {
        var writes = new ConcurrentWrites(16, 4);
        var model = new List<(long From, long To, long Completed)>();
        var random = new Random(7);
        int found = 0, none = 0;
        for (int i = 1; i <= 20_000; i++)
        {
            long sectors = random.Next(40) == 0 ? 9000 + random.Next(9000) : random.Next(1, 40), from = random.Next(2000);
            long started = (i * 10L) - random.Next(random.Next(20) == 0 ? 2000 : 40), completed = i * 10L;
            bool overlaps = model.Exists(w => w.From < from + sectors && from < w.To && started < w.Completed);
            bool said = Note(writes, from, sectors, started, completed);
            Assert.True(said || !overlaps, $"write {i}");
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
