using Mirror.Core.Blocks;
using Mirror.Core.Client;
using Mirror.Core.Disks;
using Mirror.Core.Fakes;

namespace Mirror.Core.Tests.Client;

/// <summary>Reads of pending granules on their way into the stream, with a disk that answers when it is told to.</summary>
public sealed class PendingDrainTests
{
    private const int Granule = Units.DefaultGranuleBytes;

    /// <summary>
    /// A write that no record has the content of (the rate was not Hi) comes while its granule is being read: the granule is read once more. The first read may have missed the write, so
    /// whatever becomes ready first, the second must have the last word in the stream.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_reads_of_a_granule_the_later_one_has_the_last_word(bool laterIsReadyFirst)
    {
        var fake = new FakeDisk(64 * Granule, 1);
        var tap = new FakeTap(new FakeTapKernel(fake));
        using var disk = new HeldDisk(fake);
        var stream = new MemoryStream();
        var outbox = new Outbox(stream, new TokenBucket(0, TimeProvider.System), () => { });
        var reads = new DiskReads(disk, 4, new TokenBucket(0, TimeProvider.System), read => read.Completed = true);
        var pending = new HierarchicalBitmap(64);
        var drain = new PendingDrain(tap, disk, reads, outbox, new ReadSender(outbox, reads.Recycle), pending, new HierarchicalBitmap(64), Granule);
        // The first read is of three granules, of which one is written to meanwhile.
        pending.Add(4, 3);
        Assert.True(drain.Submit(CancellationToken.None));
        pending.Add(6);
        Assert.True(drain.Submit(CancellationToken.None));
        Assert.Equal([(4 * Granule, 3 * Granule), (6 * Granule, Granule)], disk.Asked);

        disk.Answer(laterIsReadyFirst ? 1 : 0, laterIsReadyFirst ? (byte)0x22 : (byte)0x11);
        await SentAsync(laterIsReadyFirst ? 0 : 3 * Granule);
        disk.Answer(laterIsReadyFirst ? 0 : 1, laterIsReadyFirst ? (byte)0x11 : (byte)0x22);
        await SentAsync(4 * Granule);
        Assert.False(drain.AnyUnderWay);
        outbox.Flush();
        await outbox.CloseAsync(TimeSpan.FromSeconds(10));
        byte[] sent = stream.ToArray();
        int older = sent.AsSpan().LastIndexOf(Filled(0x11)), newer = sent.AsSpan().IndexOf(Filled(0x22));
        Assert.True(older >= 0 && newer > older, $"older data at {older} of the stream, newer at {newer}");
        await outbox.DisposeAsync();

        async Task SentAsync(long bytes)
        {
            DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(10);
            // A read is completed on a thread of the pool; what must not be sent is given some time to be.
            DateTime least = DateTime.UtcNow + TimeSpan.FromMilliseconds(50);
            while (DateTime.UtcNow < least || (drain.SentBytes < bytes && DateTime.UtcNow < end))
            {
                drain.Send();
                await Task.Delay(1);
            }
            Assert.Equal(bytes, drain.SentBytes);
        }
    }

    private static byte[] Filled(byte value)
    {
        byte[] bytes = new byte[Granule];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private sealed class HeldDisk(FakeDisk disk) : IDisk
    {
        private readonly List<(Memory<byte> Destination, TaskCompletionSource Done)> _held = [];

        public List<(int Offset, int Length)> Asked { get; } = [];

        public string Path => disk.Path;

        public long SizeBytes => disk.SizeBytes;

        public int LogicalBlockBytes => disk.LogicalBlockBytes;

        public DiskIdentity Identity => disk.Identity;

        public string Attachment => disk.Attachment;

        public ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
        {
            Asked.Add(((int)offset, destination.Length));
            _held.Add((destination, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            return new ValueTask(_held[^1].Done.Task);
        }

        public void Dispose() => disk.Dispose();

        public void Answer(int read, byte content)
        {
            _held[read].Destination.Span.Fill(content);
            _held[read].Done.SetResult();
        }
    }
}
