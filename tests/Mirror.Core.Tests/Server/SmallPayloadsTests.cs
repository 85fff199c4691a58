using Mirror.Core.Server;

namespace Mirror.Core.Tests.Server;

public sealed class SmallPayloadsTests
{
    [Fact]
    public async Task A_piece_that_follows_one_ending_exactly_at_the_end_begins_at_the_start()
    {
        var ring = new SmallPayloads(1024);
        (_, int first) = await ring.TakeAsync(512, CancellationToken.None);
        await ring.TakeAsync(512, CancellationToken.None);
        ring.Return(first);
        (Memory<byte> memory, int cost) = await ring.TakeAsync(256, CancellationToken.None);
        Assert.Equal((256, 256), (memory.Length, cost));
    }

    [Fact]
    public async Task Pieces_keep_their_bytes_until_they_are_given_back()
    {
        const int seed = 20;
        var random = new Random(seed);
        var ring = new SmallPayloads(4096);
        var taken = new Queue<(Memory<byte> Memory, int Cost, byte Value)>();
        for (int i = 0; i < 20_000; i++)
        {
            int length = 64 * (1 + random.Next(16));
            while (taken.Count > 0 && (taken.Sum(t => t.Cost) + 2 * length > 4096 || random.Next(3) == 0)) GiveBack();
            (Memory<byte> memory, int cost) = await ring.TakeAsync(length, CancellationToken.None).AsTask().WaitAsync(TestClient.Deadline);
            Assert.Equal(length, memory.Length);
            memory.Span.Fill((byte)i);
            taken.Enqueue((memory, cost, (byte)i));
        }
        while (taken.Count > 0) GiveBack();

        void GiveBack()
        {
            (Memory<byte> memory, int cost, byte value) = taken.Dequeue();
            Assert.Equal(-1, memory.Span.IndexOfAnyExcept(value));
            ring.Return(cost);
        }
    }
}
