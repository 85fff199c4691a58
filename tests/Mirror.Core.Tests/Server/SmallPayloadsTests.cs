using Mirror.Core.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class SmallPayloadsTests
{
    [Fact]
    public void Small_ones_share_a_buffer_which_comes_back_when_all_are_given_back()
    {
        var pool = new PayloadPool(2, 4096);
        var small = new SmallPayloads();
        IDisposable[] owners = [.. Enumerable.Range(0, 8).Select(_ => small.Add(Payload(pool, 512, 1)).Owner)];
        Assert.Equal(1, pool.Available);
        IDisposable ninth = small.Add(Payload(pool, 512, 1)).Owner;     // the first buffer is full
        Assert.Equal(0, pool.Available);
        foreach (IDisposable owner in owners) owner.Dispose();
        Assert.Equal(1, pool.Available);
        ninth.Dispose();
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public void Pieces_keep_their_bytes_until_they_are_given_back()
    {
        const int seed = 20;
        var random = new Random(seed);
        var pool = new PayloadPool(4, 4096);
        var small = new SmallPayloads();
        var taken = new Queue<(ReadOnlyMemory<byte> Memory, IDisposable Owner, byte Value)>();
        for (int i = 0; i < 20_000; i++)
        {
            int length = 64 * (1 + random.Next(16));
            while (pool.Available == 0 || (taken.Count > 0 && random.Next(3) == 0)) GiveBack();
            (ReadOnlyMemory<byte> memory, IDisposable owner) = small.Add(Payload(pool, length, (byte)i));
            Assert.Equal(length, memory.Length);
            taken.Enqueue((memory, owner, (byte)i));
        }
        while (taken.Count > 0) GiveBack();
        Assert.Equal(4, pool.Available);

        void GiveBack()
        {
            (ReadOnlyMemory<byte> memory, IDisposable owner, byte value) = taken.Dequeue();
            Assert.Equal(-1, memory.Span.IndexOfAnyExcept(value));
            owner.Dispose();
        }
    }

    private static PayloadBuffer Payload(PayloadPool pool, int bytes, byte value)
    {
        Assert.True(pool.TryRent(out PayloadBuffer? payload));
        payload!.Length = bytes;
        payload.Span.Fill(value);
        return payload;
    }
}
