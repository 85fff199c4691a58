using Mirror.Core.Blocks;
using Mirror.Core.Client;
using Mirror.Core.Fakes;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Client;

/// <summary>Marks at the moment of a flip, without a session around them.</summary>
public sealed class MarkKeeperTests
{
    /// <summary>The rate falls to Off within a request, right after a flip: the mark comes without the rest of it, so it is no instant of the disk.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mark_with_a_part_of_a_request_before_it_is_not_consistent(bool falls)
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
        tap.Flipped = () =>
        {
            if (falls) (kernel.DataLimit, kernel.RecordLimit) = (1, 0);
            disk.Write(0, new byte[8192]);
        };

        Assert.False(marks.Begin(discardRing: false));
        Assert.Equal(falls ? TapRate.Off : TapRate.Hi, tap.Rate);
        pump.Run(marks.PumpLimit);
        Assert.Equal(falls ? 1 : 0, pump.Open.Count);
        Assert.True(marks.Step(live: true, null));

        await outbox.CloseAsync(TimeSpan.FromSeconds(10));
        MarkMessage mark = MarkMessage.Decode(stream.ToArray().AsSpan(^MarkMessage.Size), new FrameValidator(FrameSender.Client) { VolumeSectors = disk.SizeBytes >> Units.SectorShift });
        Assert.Equal(falls ? MarkFlags.None : MarkFlags.Consistent, mark.Flags);
        await outbox.DisposeAsync();
    }
}
