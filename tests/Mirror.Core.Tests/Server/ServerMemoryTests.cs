using Mirror.Core.Fakes;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

/// <summary>What a server holds of all volumes together of what has arrived and is not written.</summary>
public sealed class ServerMemoryTests
{
    private const int Copies = 24, MiB = 1 << 20, Size = 12 * MiB;

    [Fact]
    public async Task Many_first_copies_into_storage_that_hangs_stay_within_the_memory_and_hold_no_live_stream_up()
    {
        const int most = 40;
        using var hanging = new ManualResetEventSlim(false);
        using var ended = new CancellationTokenSource();
        var files = new FakeImageFiles
        {
            Hook = (operation, path) =>
            {
                if (operation == FakeImageOperation.Write && path.StartsWith("/store/copy-", StringComparison.Ordinal) && path.EndsWith("/image", StringComparison.Ordinal)) hanging.Wait();
            },
        };
        await using ServerFixture server = await ServerFixture.StartAsync(files, scans: Copies, memory: (long)most * MiB);
        PayloadBudget memory = server.Server.Memory;
        int worst = 0;
        Task watch = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested) worst = Math.Max(worst, memory.Out);
        });
        try
        {
            TestClient live = await server.WelcomedAsync(Size, "live");
            await live.BecomeLiveAsync();
            TestClient[] copies = await Task.WhenAll(Enumerable.Range(0, Copies).Select(async n =>
            {
                TestClient client = await server.WelcomedAsync(Size, $"copy-{n}");
                await client.ScanAsync();
                return client;
            }));
            Task[] sending = [.. copies.Select((client, n) => Task.Run(async () =>
            {
                byte[] data = ServerFixture.Random(Size, n);
                for (int at = 0; at < Size; at += MiB) await client.WriteAsync(at, data[at..(at + MiB)]);
            }))];
            // One each and what is not kept for live streams; none gets more while the storage hangs.
            await Waiting.UntilAsync(() => memory.Out >= most - most / 4 - 1 && Enumerable.Range(0, Copies).All(n => server.Status($"copy-{n}").QueuedBytes >= MiB));

            byte[] written = ServerFixture.Random(Size, 1000);
            Task sent = Task.Run(async () =>
            {
                for (int at = 0; at < Size; at += MiB) await live.WriteAsync(at, written[at..(at + MiB)]);
                for (int at = 0; at < MiB; at += 4096) await live.WriteAsync(at, written[at..(at + 4096)]);
                await live.MarkAsync(2, consistent: true);
            });
            await live.CommittedAsync(2);
            await sent;
            // All the while the copies wait; what a client has sent says little, since the sockets hold megabytes too.
            Assert.All(Enumerable.Range(0, Copies), n => Assert.InRange(server.Status($"copy-{n}").QueuedBytes, MiB, Size));
            Assert.Equal(most * (long)MiB, server.Status("live").MemoryLimitBytes);
            Assert.InRange(server.Status("live").MemoryBytes!.Value, Copies * (long)MiB, most * (long)MiB);

            hanging.Set();
            await Task.WhenAll(sending).WaitAsync(TestClient.Deadline);
            await Task.WhenAll(copies.Select(async client =>
            {
                await client.MarkAsync(1);
                await client.CommittedAsync(1);
            }));
            for (int n = 0; n < Copies; n++) Assert.Equal(ServerFixture.Random(Size, n), server.Content($"copy-{n}").ToArray());
            await Waiting.UntilAsync(() => memory.Out == 0);
        }
        finally
        {
            hanging.Set();
            await ended.CancelAsync();
            await watch;
        }
        Assert.InRange(worst, Copies, most);
    }

    [Fact]
    public async Task Volumes_that_are_more_than_the_memory_has_frames_all_get_through_with_one_each()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(memory: 4 * MiB);
        await Task.WhenAll(Enumerable.Range(0, Copies).Select(n => Task.Run(async () =>
        {
            TestClient client = await server.WelcomedAsync(Size, $"v{n}");
            await client.BecomeLiveAsync();
            byte[] data = ServerFixture.Random(Size, n);
            for (int at = 0; at < Size; at += MiB) await client.WriteAsync(at, data[at..(at + MiB)]);
            // Hashes need memory, too.
            await client.SendAsync(new HashRequestMessage(0, Size / MiB, MiB));
            await client.ExpectHashesAsync();
            await client.MarkAsync(2, consistent: true);
            await client.CommittedAsync(2);
        })));
        Assert.InRange(server.Server.Memory.Out, 0, 2 * Copies);
    }

    [Fact]
    public async Task A_connection_that_breaks_off_amid_its_frames_gives_everything_back()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(memory: 8 * MiB);
        for (int n = 0; n < 20; n++)
        {
            TestClient client = await server.WelcomedAsync(Size, "v");
            await client.ScanAsync();
            await client.WriteAsync(0, ServerFixture.Random(MiB, n));
            await client.WriteAsync(0, ServerFixture.Random(4096, n));
            byte[] half = new byte[WriteMessage.Size + 1000];
            new WriteMessage(0, MiB).Encode(half);
            await client.RawAsync(half);
            client.Dispose();
        }
        await Waiting.UntilAsync(() => server.Server.Memory.Out == 0);
    }
}
