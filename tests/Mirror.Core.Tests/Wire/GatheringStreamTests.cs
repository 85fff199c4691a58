using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

public sealed class GatheringStreamTests
{
    private const int FullRecord = 16 * 1024 + 22;      // as TLS 1.3 seals 16 KiB

    [Fact]
    public async Task Nothing_is_held_before_the_peer_has_proved_itself()
    {
        var below = new Recorder([]);
        var stream = new GatheringStream(below);
        await stream.WriteAsync(new byte[FullRecord]);
        await stream.WriteAsync(new byte[FullRecord]);
        Assert.Equal([FullRecord, FullRecord], below.Sends);
        Assert.Equal(3, await new GatheringStream(new Recorder(new byte[3])).ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task Full_records_leave_together_and_a_short_one_ends_the_wait()
    {
        var below = new Recorder([]);
        var stream = new GatheringStream(below);
        stream.Begin();
        for (int i = 0; i < 3; i++) await stream.WriteAsync(new byte[FullRecord]);
        Assert.Empty(below.Sends);
        await stream.WriteAsync(new byte[35]);
        Assert.Equal([3 * FullRecord + 35], below.Sends);
    }

    [Fact]
    public async Task A_short_record_never_waits()
    {
        var below = new Recorder([]);
        var stream = new GatheringStream(below);
        stream.Begin();
        await stream.WriteAsync(new byte[35]);
        Assert.Equal([35], below.Sends);
    }

    [Fact]
    public void Short_records_cost_no_buffer_for_sending()
    {
        var stream = new GatheringStream(new Recorder([]));
        byte[] record = new byte[35];
        long before = GC.GetAllocatedBytesForCurrentThread();
        stream.Begin();
        Assert.True(stream.WriteAsync(record).IsCompletedSuccessfully);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, GatheringStream.SendBytes / 2);
    }

    [Fact]
    public async Task A_flush_sends_what_was_gathered()
    {
        var below = new Recorder([]);
        var stream = new GatheringStream(below);
        stream.Begin();
        await stream.WriteAsync(new byte[FullRecord]);
        await stream.FlushAsync();
        Assert.Equal([FullRecord], below.Sends);
        Assert.True(below.Flushed);
    }

    [Fact]
    public async Task A_megabyte_takes_few_sends()
    {
        var below = new Recorder([]);
        var stream = new GatheringStream(below);
        stream.Begin();
        for (int i = 0; i < 64; i++) await stream.WriteAsync(new byte[FullRecord]);
        await stream.FlushAsync();
        Assert.Equal(2, below.Sends.Count);
        Assert.Equal(64L * FullRecord, below.Sends.Sum(s => (long)s));
    }

    [Fact]
    public async Task Bytes_arrive_whole_and_in_order_whatever_the_sizes()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] source = new byte[4 << 20];
        random.NextBytes(source);

        var below = new Recorder([]);
        var sending = new GatheringStream(below);
        sending.Begin();
        for (int at = 0; at < source.Length;)
        {
            int bytes = Math.Min(source.Length - at, random.Next(4) switch { 0 => random.Next(1, 200), 1 => random.Next(1, 300_000), _ => FullRecord });
            await sending.WriteAsync(source.AsMemory(at, bytes));
            at += bytes;
            if (random.Next(20) == 0) await sending.FlushAsync();
        }
        await sending.FlushAsync();
        Assert.True(source.AsSpan().SequenceEqual(below.Sent.ToArray()), $"seed {seed}");

        var receiving = new GatheringStream(new Recorder(source, random));
        receiving.Begin();
        byte[] received = new byte[source.Length];
        int done = 0;
        while (true)
        {
            int read = await receiving.ReadAsync(received.AsMemory(done, Math.Min(received.Length - done, random.Next(1, 200_000))));
            if (read == 0) break;
            done += read;
        }
        Assert.Equal(source.Length, done);
        Assert.True(source.AsSpan().SequenceEqual(received), $"seed {seed}");
    }

    /// <summary>Notes what is written, and gives <paramref name="content"/> to readers, in pieces of random size where there is a <paramref name="random"/>.</summary>
    private sealed class Recorder(byte[] content, Random? random = null) : Stream
    {
        private int _given;

        public List<int> Sends { get; } = [];

        public MemoryStream Sent { get; } = new();

        public bool Flushed { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int bytes = Math.Min(buffer.Length, content.Length - _given);
            if (random is not null && bytes > 1) bytes = random.Next(1, bytes + 1);
            content.AsSpan(_given, bytes).CopyTo(buffer.Span);
            _given += bytes;
            return ValueTask.FromResult(bytes);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Sends.Add(buffer.Length);
            Sent.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushed = true;
            return Task.CompletedTask;
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
