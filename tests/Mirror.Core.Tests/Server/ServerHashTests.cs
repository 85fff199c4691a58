using Mirror.Core.Fakes;
using Mirror.Core.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class ServerHashTests
{
    private const int Size = (9 << 20) + 512 * 3;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Tags_are_those_of_the_image_with_holes_and_a_short_end_and_come_in_order(int workers)
    {
        await using ServerFixture server = await ServerFixture.StartAsync(limits: new VolumeLimits { HashWorkers = workers });
        TestClient client = await server.ConnectAsync();
        WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
        await client.ScanAsync();
        byte[] disk = new byte[Size];
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
        {
            int at = random.Next(Size / 512 - 64) * 512, length = random.Next(1, 64) * 512;
            byte[] data = ServerFixture.Random(length, i);
            data.CopyTo(disk, at);
            await client.WriteAsync(at, data);
        }
        await client.WriteAsync(Size - 512, ServerFixture.Random(512, 99));
        ServerFixture.Random(512, 99).CopyTo(disk, Size - 512);

        List<HashRequestMessage> requests = [new(0, 10, 1 << 20), new(0, (Size + 4095) / 4096, 4096), new(8 * 700, 300, 4096), new(2048 * 9, 1, 1 << 20)];
        for (int i = 0; i < 40; i++) requests.Add(new HashRequestMessage(8 * random.Next(Size / 4096), 1, 4096));
        foreach (HashRequestMessage request in requests) await client.SendAsync(request);
        using var hasher = new UnitHasher(welcome.HashKey);
        foreach (HashRequestMessage request in requests)
        {
            (HashesMessage head, byte[] tags) = await client.ExpectHashesAsync();
            Assert.Equal((request.FirstSector, request.Count, request.UnitBytes), (head.FirstSector, head.Count, head.UnitBytes));
            byte[] expected = new byte[request.Count * 16];
            int first = (int)request.FirstSector * 512;
            int notZero = hasher.HashAll(disk.AsSpan(first, Math.Min(request.Count * request.UnitBytes, Size - first)), request.UnitBytes, first / request.UnitBytes, expected);
            Assert.Equal(notZero == 0 ? HashesFlags.AllZero : HashesFlags.None, head.Flags);
            if (notZero != 0) Assert.Equal(expected, tags);
        }
    }

    [Fact]
    public async Task A_scan_reads_only_what_was_written_since_the_last_one_a_verify_reads_everything_and_a_restart_changes_nothing()
    {
        var files = new FakeImageFiles();
        byte[] disk = ServerFixture.Random(Size, 5);
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.ConnectAsync();
            WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
            await client.ScanAsync();
            for (int at = 0; at < Size; at += 1 << 20) await client.WriteAsync(at, disk[at..Math.Min(Size, at + (1 << 20))]);
            await client.StateAsync(StreamState.CatchUp);
            await client.StateAsync(StreamState.Live);
            await client.MarkAsync(1, consistent: true);
            await client.CommittedAsync(1);
            Assert.Equal(10, await HashAsync());        // a verify, which leaves what it has learnt
            Assert.Equal(10, await HashAsync());
            await client.ScanAsync();
            Assert.Equal(0, await HashAsync());
            byte[] news = ServerFixture.Random(4096, 6);
            news.CopyTo(disk, 4 << 20);
            await client.WriteAsync(4 << 20, news);
            Assert.Equal(1, await HashAsync());
            Assert.Equal(1, await HashAsync());         // it stands above the image
            await client.StateAsync(StreamState.CatchUp);
            await client.StateAsync(StreamState.Live);
            await client.MarkAsync(2, consistent: true);
            await client.CommittedAsync(2);
            await Waiting.UntilAsync(() => server.Content("v").ToArray().AsSpan().SequenceEqual(disk));

            async Task<int> HashAsync() => await TagsAsync(files, client, welcome, disk);
        }
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.ConnectAsync();
            WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
            await client.ScanAsync();
            Assert.Equal(1, await TagsAsync(files, client, welcome, disk));
            Assert.Equal(0, await TagsAsync(files, client, welcome, disk));
        }
    }

    [Fact]
    public async Task What_has_no_tag_is_hashed_while_nothing_else_is_to_be_done()
    {
        var files = new FakeImageFiles();
        byte[] disk = ServerFixture.Random(Size, 5);
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { TagRound = TimeSpan.FromMilliseconds(20) });
        TestClient client = await server.ConnectAsync();
        WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
        await client.ScanAsync();
        for (int at = 0; at < Size; at += 1 << 20) await client.WriteAsync(at, disk[at..Math.Min(Size, at + (1 << 20))]);
        await client.StateAsync(StreamState.CatchUp);
        await client.StateAsync(StreamState.Live);
        int before = Reads(files);
        await client.MarkAsync(1, consistent: true);
        await client.CommittedAsync(1);
        await Waiting.UntilAsync(() => Reads(files) == before + 10);
        await client.ScanAsync();
        Assert.InRange(await TagsAsync(files, client, welcome, disk), 0, 1);    // the last of them may be under way still
    }

    /// <summary>Asks for the tags of all chunks and checks them.</summary>
    /// <returns>How often the image was read for that.</returns>
    private static async Task<int> TagsAsync(FakeImageFiles files, TestClient client, WelcomeMessage welcome, byte[] disk)
    {
        int before = Reads(files);
        await client.SendAsync(new HashRequestMessage(0, 10, 1 << 20));
        (_, byte[] tags) = await client.ExpectHashesAsync();
        byte[] expected = new byte[10 * 16];
        using var hasher = new UnitHasher(welcome.HashKey);
        hasher.HashAll(disk, 1 << 20, 0, expected);
        Assert.Equal(expected, tags);
        return Reads(files) - before;
    }

    private static int Reads(FakeImageFiles files) => files.Operations.Count(o => o == (FakeImageOperation.Read, ServerFixture.Image("v")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_shows_the_image_as_it_was_before_a_write_that_came_after_the_request(bool zero)
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.ConnectAsync();
        WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
        await client.ScanAsync();
        byte[] old = ServerFixture.Random(4 << 20, 1);
        for (int i = 0; i < 4; i++) await client.WriteAsync(i << 20, old[(i << 20)..((i + 1) << 20)]);
        await client.StateAsync(StreamState.Scanning);
        using var gate = new ManualResetEventSlim();
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Read && path == ServerFixture.Image("v")) gate.Wait();
        };
        int reads = files.Operations.Count(o => o.Operation == FakeImageOperation.Read);
        await client.SendAsync(new HashRequestMessage(0, 4, 1 << 20));
        await Waiting.UntilAsync(() => files.Operations.Count(o => o.Operation == FakeImageOperation.Read) > reads);
        // This one is not being hashed, and is applied at once; the next is, and waits, as does what follows it.
        await client.WriteAsync(6 << 20, old[..4096]);
        await Waiting.UntilAsync(() => server.Content("v").AllocatedPages == 4 * 256 + 1);
        if (zero) await client.ZeroAsync(3 << 20, 4096);
        else await client.WriteAsync(3 << 20, ServerFixture.Random(4096, 2));
        await client.WriteAsync(7 << 20, old[..4096]);
        await Waiting.UntilAsync(() => server.Status().QueuedBytes == (zero ? 4096 : 8192));
        gate.Set();
        (_, byte[] tags) = await client.ExpectHashesAsync();
        byte[] expected = new byte[4 * 16];
        using var hasher = new UnitHasher(welcome.HashKey);
        hasher.HashAll(old, 1 << 20, 0, expected);
        Assert.Equal(expected, tags);
        await client.StateAsync(StreamState.Scanning);
        Assert.Equal(zero ? new byte[4096] : ServerFixture.Random(4096, 2), server.Content("v").ToArray()[(3 << 20)..((3 << 20) + 4096)]);
    }
}
