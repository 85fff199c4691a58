using Mirror.Core.Control;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class MirrorServerTests
{
    private const long Size = 8 << 20;

    [Fact]
    public async Task A_first_copy_reaches_the_image_byte_for_byte()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.ConnectAsync();
        WelcomeMessage welcome = await client.IdentifyAsync(TestClient.Identity(Size));
        Assert.Equal(0UL, welcome.CommittedMark);
        Assert.Equal(WelcomeFlags.None, welcome.Flags);
        ScanBegunMessage begun = await client.ScanAsync();
        Assert.Equal(ScanBegunFlags.None, begun.Flags);
        Assert.NotEqual(welcome.Incarnation, begun.Incarnation);
        await client.StateAsync(StreamState.Scanning);

        await client.SendAsync(new HashRequestMessage(0, 8, 1 << 20));
        (HashesMessage head, byte[] tags) = await client.ExpectHashesAsync();
        Assert.Equal(HashesFlags.AllZero, head.Flags);
        Assert.Empty(tags);

        byte[] disk = ServerFixture.Random((int)Size, 1);
        Array.Clear(disk, 3 << 20, 1 << 20);
        for (int at = 0; at < Size; at += 1 << 20) await client.WriteAsync(at, disk[at..(at + (1 << 20))]);
        await client.WriteAsync(512, disk[512..1024]);
        await client.MarkAsync(1);
        await client.CommittedAsync(1);
        Assert.Equal(disk, server.Content("v").ToArray());
        Assert.Equal(7 * 256, server.Content("v").AllocatedPages);

        await client.SendAsync(new HashRequestMessage(0, 8, 1 << 20));
        (head, tags) = await client.ExpectHashesAsync();
        Assert.Equal(HashesFlags.None, head.Flags);
        using var hasher = new UnitHasher(welcome.HashKey);
        byte[] expected = new byte[8 * 16];
        hasher.HashAll(disk, 1 << 20, 0, expected);
        Assert.Equal(expected, tags);

        await client.StateAsync(StreamState.CatchUp);
        await client.StateAsync(StreamState.Live);
        await client.MarkAsync(2, consistent: true);
        await client.CommittedAsync(2);
        MirrorStatus status = server.Status();
        Assert.Equal(MirrorState.Live, status.State);
        Assert.True(status.Consistent);
        Assert.Equal(2, status.CommittedMark);
        Assert.Equal(Size, status.SizeBytes);
        Assert.Equal(1, status.Scans);
        Assert.Null(status.LastError);
        Assert.Equal(0, status.OldestUncommittedMilliseconds);
    }

    [Fact]
    public async Task A_client_that_comes_back_finds_its_incarnation_and_its_last_mark()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient first = await server.WelcomedAsync(Size);
        Guid incarnation = await first.BecomeLiveAsync();
        first.Dispose();
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);

        TestClient second = await server.ConnectAsync();
        WelcomeMessage welcome = await second.IdentifyAsync(TestClient.Identity(Size));
        Assert.Equal(incarnation, welcome.Incarnation);
        Assert.Equal((1UL, 7UL), (welcome.CommittedMark, welcome.CommittedRandom));
        Assert.Equal(WelcomeFlags.HasBeenConsistent, welcome.Flags);
        await second.StateAsync(StreamState.CatchUp);
        await second.WriteAsync(0, ServerFixture.Random(4096, 2));
        await second.MarkAsync(2);
        await second.CommittedAsync(2);
    }
}
