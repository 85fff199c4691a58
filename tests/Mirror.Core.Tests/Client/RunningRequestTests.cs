using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Mirror.Core.Tests.Client;

/// <summary>The client's engine while requests run: the records of a request come one by one, and marks are taken in between.</summary>
public sealed class RunningRequestTests
{
    private const int BlockBytes = 4096;
    private const int Blocks = 512;
    private const int MostBlocks = 16;      // of a request
    private const int Marks = 12;

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(2, 1 << 20)]
    [InlineData(3, 96 << 10)]       // the rate falls now and then, also within a request
    [InlineData(4, 96 << 10)]
    public async Task A_consistent_mark_is_an_instant_between_two_requests(int seed, int dataLimit)
    {
        await using var rig = new EngineRig(Blocks * BlockBytes, seed);
        rig.Kernel.DataLimit = dataLimit;
        var pauses = new Random(seed);
        rig.Kernel.BetweenRecords = () =>
        {
            if (pauses.Next(4) == 0) Thread.Sleep(1);
        };
        var images = new ConcurrentBag<ulong[]>();
        rig.Server.OnConsistent = image => images.Add(Versions(image));
        rig.Start();

        // Each block says which request has written it last.
        List<(int First, int Count)> requests = [];
        var random = new Random(seed);
        var data = new byte[MostBlocks * BlockBytes];
        DateTime end = DateTime.UtcNow + EngineRig.Deadline;
        while (images.Count < Marks && DateTime.UtcNow < end)
        {
            int count = 1 + random.Next(MostBlocks), first = random.Next(Blocks - count + 1);
            requests.Add((first, count));
            for (int block = 0; block < count; block++) BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(block * BlockBytes), requests.Count);
            rig.Disk.Write(first * BlockBytes, data.AsSpan(0, count * BlockBytes));
            if (random.Next(2) == 0) await Task.Delay(4);
        }
        string status = rig.Client.Status.ToString();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.True(images.Count >= Marks, $"only {images.Count} consistent marks: {status}");

        var disk = new ulong[Blocks];
        int done = 0;
        foreach (ulong[] image in images.OrderBy(i => i.Max()))
        {
            for (; done < (int)image.Max(); done++) disk.AsSpan(requests[done].First, requests[done].Count).Fill((ulong)done + 1);
            Assert.Equal(disk, image);
        }
    }

    [Fact]
    public async Task Where_a_request_is_always_open_marks_are_consistent_all_the_same()
    {
        await using var rig = new EngineRig(Blocks * BlockBytes);
        rig.Kernel.DataLimit = 16 << 20;
        int marks = 0;
        rig.Server.OnConsistent = _ => Interlocked.Increment(ref marks);
        rig.Start();
        await rig.WaitIdleAsync();
        int before = Volatile.Read(ref marks);

        // Two writers; neither ends its request before the other has begun another one.
        bool stop = false;
        int begun = 0;
        using var pages = new ThreadLocal<int>();
        rig.Kernel.BetweenRecords = () =>
        {
            if (pages.Value++ % (MostBlocks - 1) != 0) return;      // once a request
            int mine = Interlocked.Increment(ref begun);
            while (Volatile.Read(ref begun) == mine && !Volatile.Read(ref stop)) Thread.Yield();
            // On a busy machine the client is the slower one; the rate is to stay at Hi.
            while (rig.Tap.Produced - rig.Tap.Consumed > rig.Kernel.DataLimit / 4 && !Volatile.Read(ref stop)) Thread.Sleep(1);
        };
        Thread[] writers = [.. Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            var random = new Random(i);
            var data = new byte[MostBlocks * BlockBytes];
            while (!Volatile.Read(ref stop))
            {
                random.NextBytes(data);
                int place = (2 * random.Next(Blocks / MostBlocks / 2)) + i;     // the two never overlap
                rig.Disk.Write(place * data.Length, data);
            }
        }))];
        foreach (Thread writer in writers) writer.Start();
        try
        {
            DateTime end = DateTime.UtcNow + EngineRig.Deadline;
            while (Volatile.Read(ref marks) < before + 3 && DateTime.UtcNow < end) await Task.Delay(5);
        }
        finally
        {
            Volatile.Write(ref stop, true);
            foreach (Thread writer in writers) writer.Join();
        }
        Assert.True(Volatile.Read(ref marks) >= before + 3, $"only {marks - before} consistent marks: {rig.Client.Status}");
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    private static ulong[] Versions(byte[] image) => [.. image.Chunk(BlockBytes).Select(block => BinaryPrimitives.ReadUInt64LittleEndian(block))];
}
