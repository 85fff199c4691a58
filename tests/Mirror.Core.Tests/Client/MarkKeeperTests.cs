using Mirror.Core.Blocks;
using Mirror.Core.Client;
using Mirror.Core.Fakes;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Client;

/// <summary>Marks at the moment of a flip, without a session around them.</summary>
public sealed class MarkKeeperTests
{
    /// <summary>The rate falls to Off within a request: the ring holds its beginning, and its rest never comes. Only a mark that would be consistent waits for it.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("before the flip")]
    [InlineData("after the flip")]
    public async Task A_mark_with_a_part_of_a_request_before_it_is_not_consistent_and_is_not_held_up_for_ever(string? falls)
    {
        var disk = new FakeDisk(1 << 20, 1);
        var kernel = new FakeTapKernel(disk);
        using var tap = new FakeTap(kernel);
        var memory = new ClientMemory(new MirrorClientOptions { Volume = "v", Server = "s", ClientId = Guid.NewGuid() }, disk, tap, TimeProvider.System);
        var stream = new MemoryStream();
        var outbox = new Outbox(stream, new TokenBucket(0, TimeProvider.System), () => { });
        var reads = new DiskReads(disk, 4, new TokenBucket(0, TimeProvider.System), read => read.Completed = true);
        var sent = new HierarchicalBitmap(memory.Pending.Length);
        var drain = new PendingDrain(tap, disk, reads, outbox, new ReadSender(outbox, reads.Recycle), memory.Pending, sent, memory.GranuleBytes);
        var pump = new RecordPump(tap, reads, outbox, memory.Pending, memory.GranuleBytes);
        var marks = new MarkKeeper(memory, pump, drain, outbox, sent, default);
        tap.SetRate(TapRate.Hi);
        if (falls is not null) (kernel.DataLimit, kernel.RecordLimit) = (1, 0);
        if (falls == "before the flip")
        {
            disk.Write(0, new byte[8192]);
            tap.SetRate(TapRate.Hi);
        }
        else tap.Flipped = () => disk.Write(0, new byte[8192]);

        Assert.Equal(falls == "before the flip", marks.Begin(discardRing: false));
        pump.Run(marks.PumpLimit);
        Assert.Equal(falls is null ? 0 : 1, pump.Open.Count);
        memory.Pending.Clear();     // as if what the flip has made pending had been read and sent meanwhile: that alone must not decide
        Assert.Equal(falls != "after the flip", marks.Step(live: true, null));
        if (falls == "after the flip") Assert.True(marks.Step(live: false, null));
        MarkMessage mark = await SentAsync();
        Assert.Equal(falls is null ? MarkFlags.Consistent : MarkFlags.None, mark.Flags);

        // Nor does the next one wait for it.
        tap.Flipped = null;
        marks.OnCommitted(new CommittedMessage(mark.Number, mark.Random));
        Assert.Equal(falls == "after the flip", marks.Begin(discardRing: false));
        pump.Run(marks.PumpLimit);
        Assert.True(marks.Step(live: true, null));
        await outbox.DisposeAsync();

        async Task<MarkMessage> SentAsync()
        {
            await Waiting.UntilAsync(() => outbox.QueuedBytes == 0, limit: TimeSpan.FromSeconds(10));
            return MarkMessage.Decode(stream.ToArray().AsSpan(^MarkMessage.Size), new FrameValidator(FrameSender.Client) { VolumeSectors = disk.SizeBytes >> Units.SectorShift });
        }
    }
}
