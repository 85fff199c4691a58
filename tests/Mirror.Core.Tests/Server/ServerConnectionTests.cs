using System.Collections.Concurrent;
using System.Diagnostics;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class ServerConnectionTests
{
    private const long Size = 64 << 20;

    [Fact]
    public async Task A_new_connection_is_welcomed_only_after_the_old_ones_writes_have_ended()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient old = await server.WelcomedAsync(Size);
        await old.ScanAsync();
        using var gate = new ManualResetEventSlim();
        var order = new ConcurrentQueue<string>();
        files.Hook = (operation, path) =>
        {
            if (operation != FakeImageOperation.Write || path != ServerFixture.Image("v")) return;
            gate.Wait();
            order.Enqueue("write");
        };
        for (int i = 0; i < 5; i++) await old.WriteAsync(i * 4096, ServerFixture.Random(4096, i));
        await Waiting.UntilAsync(() => files.Operations.Any(o => o == (FakeImageOperation.Write, ServerFixture.Image("v"))));
        await Waiting.UntilAsync(() => server.Status().QueuedBytes == 5 * 4096);

        TestClient fresh = await server.ConnectAsync();
        Task<WelcomeMessage> welcome = fresh.IdentifyAsync(TestClient.Identity(Size));
        Task welcomed = welcome.ContinueWith(_ => order.Enqueue("welcome"), TaskContinuationOptions.ExecuteSynchronously);
        Assert.Equal(RefusalCode.Replaced, (await old.ExpectAsync<RefusedMessage>()).Code);
        await Assert.ThrowsAsync<TimeoutException>(() => welcome.WaitAsync(TimeSpan.FromMilliseconds(300)));
        gate.Set();
        await welcomed;
        Assert.Equal(["write", "write", "write", "write", "write", "welcome"], order);
        await fresh.StateAsync(StreamState.CatchUp);
        Assert.Equal(2, server.Status().Connections);
    }

    [Fact]
    public async Task A_store_that_does_not_end_an_old_write_makes_the_newcomer_come_again()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { Fence = TimeSpan.FromMilliseconds(200) });
        TestClient old = await server.WelcomedAsync(Size);
        await old.ScanAsync();
        using var gate = new ManualResetEventSlim();
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Write && path == ServerFixture.Image("v")) gate.Wait();
        };
        await old.WriteAsync(0, ServerFixture.Random(4096, 1));
        TestClient fresh = await server.ConnectAsync();
        await fresh.SendAsync(TestClient.Identity(Size));
        await fresh.ExpectRefusedAsync(RefusalCode.Busy);
        gate.Set();
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
        TestClient again = await server.WelcomedAsync(Size);
        await again.StateAsync(StreamState.CatchUp);
    }

    [Fact]
    public async Task One_volumes_stalled_store_does_not_hold_up_another_volume()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { Fence = TimeSpan.FromMilliseconds(500) });
        using var gate = new ManualResetEventSlim();
        TestClient[] stalled = new TestClient[6];
        for (int i = 0; i < stalled.Length; i++)
        {
            stalled[i] = await server.WelcomedAsync(Size, $"stalled{i}");
            await stalled[i].BecomeLiveAsync();
        }
        TestClient good = await server.WelcomedAsync(Size, "good");
        await good.BecomeLiveAsync();
        files.Hook = (operation, path) =>
        {
            if (path.Contains("/stalled", StringComparison.Ordinal) && operation is FakeImageOperation.Write or FakeImageOperation.Flush) gate.Wait();
        };
        foreach (TestClient client in stalled)
        {
            await client.WriteAsync(0, ServerFixture.Random(4096, 1));
            await client.MarkAsync(2);
        }
        long start = Stopwatch.GetTimestamp();
        for (ulong n = 2; n < 200; n++)
        {
            await good.WriteAsync((long)n * 4096, ServerFixture.Random(4096, (int)n));
            await good.MarkAsync(n);
            await good.CommittedAsync(n);
        }
        // A wait for one of the others, even as short as the fence, would make more than this of so many marks; a busy machine alone does not.
        Assert.True(Stopwatch.GetElapsedTime(start) < TestClient.Deadline, $"{Stopwatch.GetElapsedTime(start)}");
        gate.Set();
        foreach (TestClient client in stalled) await client.CommittedAsync(2);
        files.Hook = null;
    }

    [Fact]
    public async Task A_stalled_store_bounds_what_is_taken_from_the_network_and_its_client_is_not_called_silent()
    {
        var files = new FakeImageFiles();
        // Long enough that a client which a busy machine holds up is not taken for silent.
        var limits = new VolumeLimits { Silence = TimeSpan.FromSeconds(6), AliveInterval = TimeSpan.FromMilliseconds(100) };
        await using ServerFixture server = await ServerFixture.StartAsync(files, limits);
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        using var gate = new ManualResetEventSlim();
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Write && path == ServerFixture.Image("v")) gate.Wait();
        };
        byte[] data = ServerFixture.Random(1 << 20, 1), small = data[..4096];
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < 32; i++)
            {
                await client.WriteAsync((long)i << 20, data);
                for (int k = 0; k < 4; k++) await client.WriteAsync((40 << 20) + k * 4096, small);
            }
        });
        try
        {
            // It stands still well within the bound, for longer than the limit of silence.
            long before = -1;
            await Waiting.UntilAsync(() => server.Status().ReceivedBytes is var now && (now == before, before = now).Item1 && now > 4 << 20);
            await Task.Delay(limits.Silence * 1.25);
            Assert.InRange(server.Status().ReceivedBytes, 4 << 20, limits.PayloadBuffers + 3 << 20);
            Assert.False(sending.IsCompleted, $"{sending.Exception?.InnerException} {server.Status()}");
        }
        finally
        {
            // Also after a failure: what waits for it would hide the reason.
            gate.Set();
        }
        await sending;
        await client.MarkAsync(2);
        await client.CommittedAsync(2);
        Assert.Equal(data, server.Content("v").ToArray()[(31 << 20)..(32 << 20)]);
    }

    [Fact]
    public async Task A_silent_client_is_closed_and_the_server_says_ALIVE()
    {
        var limits = new VolumeLimits { Silence = TimeSpan.FromSeconds(2), AliveInterval = TimeSpan.FromMilliseconds(100) };
        await using ServerFixture server = await ServerFixture.StartAsync(limits: limits);
        long start = Stopwatch.GetTimestamp();
        TestClient client = await server.WelcomedAsync(Size);
        Assert.Equal(MessageType.None, await client.NextAsync());
        // As often as its interval fits into the time that it really was: a busy machine may have made that longer.
        int most = (int)(Stopwatch.GetElapsedTime(start) / limits.AliveInterval) + 1;
        await Waiting.UntilAsync(() => server.Status().Peer is null);
        Assert.InRange(server.Status().SentBytes, WelcomeMessage.Size + 2 * AliveMessage.Size, WelcomeMessage.Size + most * AliveMessage.Size);
    }

    [Fact]
    public async Task A_client_that_says_nothing_at_all_is_closed()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(limits: new VolumeLimits { Identify = TimeSpan.FromMilliseconds(200) });
        TestClient client = await server.ConnectAsync();
        Assert.Equal(MessageType.None, await client.NextAsync());
    }

    [Fact]
    public async Task A_few_volumes_scan_at_a_time_and_live_streams_never_wait()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(limits: new VolumeLimits { ScanLine = TimeSpan.FromMilliseconds(100) }, scans: 2);
        TestClient a = await server.WelcomedAsync(Size, "a"), b = await server.WelcomedAsync(Size, "b"), c = await server.WelcomedAsync(Size, "c");
        await a.ScanAsync();
        await b.ScanAsync();
        await c.SendAsync(new ScanBeginMessage(0));
        RefusedMessage busy = await c.ExpectRefusedAsync(RefusalCode.Busy);
        Assert.NotEqual(0, busy.RetryAfterSeconds);
        TestClient live = await server.WelcomedAsync(Size, "d");
        await live.StateAsync(StreamState.CatchUp);
        await live.StateAsync(StreamState.Live);

        await a.StateAsync(StreamState.CatchUp);    // its scan has ended
        TestClient again = await server.WelcomedAsync(Size, "c");
        await again.ScanAsync();
        b.Dispose();                                // and this one has gone
        await Waiting.UntilAsync(() => server.Status("b").State == MirrorState.NoConn);
        TestClient e = await server.WelcomedAsync(Size, "e");
        await e.ScanAsync();
    }

    [Fact]
    public async Task A_stopping_server_says_so_and_keeps_what_it_was_sent()
    {
        ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        byte[] data = ServerFixture.Random(4096, 1);
        await client.WriteAsync(0, data);
        await client.StateAsync(StreamState.CatchUp);
        Task stop = server.Server.DisposeAsync().AsTask();
        await client.ExpectRefusedAsync(RefusalCode.ShuttingDown);
        await stop;
        Assert.Equal(data, server.Content("v").ToArray()[..4096]);
        TestClient late = await server.ConnectAsync();
        await late.SendAsync(TestClient.Identity(Size));
        await late.ExpectRefusedAsync(RefusalCode.ShuttingDown);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task The_right_to_restore_does_not_mirror()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.ConnectAsync(right: MirrorRight.Restore);
        await client.ExpectRefusedAsync(RefusalCode.NotFound);
        Assert.Empty(server.Server.Volumes);
    }

    public static TheoryData<string> Illegal => ["WriteBeforeState", "WriteAfterWelcomeScanRequired", "HashBeforeAnyState", "ConsistentMarkInScan", "MarkThatDoesNotGrow", "MarkZero", "LiveInScan",
        "SecondIdentify", "WriteOutside", "HugeWrite", "HashOutside", "UnknownType", "ServersMessage", "ComparedTwice", "Cut"];

    [Theory]
    [MemberData(nameof(Illegal))]
    public async Task What_the_document_does_not_allow_ends_the_connection_and_harms_nobody(string what)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient other = await server.WelcomedAsync(Size, "other");
        await other.BecomeLiveAsync();
        TestClient client = await server.WelcomedAsync(Size);
        byte[] sector = new byte[512];
        bool refused = true;
        switch (what)
        {
            case "WriteBeforeState": await client.WriteAsync(0, ServerFixture.Random(512, 1)); break;
            case "WriteAfterWelcomeScanRequired":
                await client.BecomeLiveAsync();
                client = await server.WelcomedAsync(Size);
                await client.ScanAsync();
                await client.WriteAsync(0, ServerFixture.Random(512, 1));
                break;
            case "HashBeforeAnyState":
                await client.SendAsync(new HashRequestMessage(0, 1, 4096));
                break;
            case "ConsistentMarkInScan":
                await client.ScanAsync();
                await client.MarkAsync(1, consistent: true);
                break;
            case "MarkThatDoesNotGrow":
                await client.StateAsync(StreamState.CatchUp);
                await client.MarkAsync(5);
                await client.CommittedAsync(5);
                await client.MarkAsync(5);
                break;
            case "MarkZero":
                await client.StateAsync(StreamState.CatchUp);
                await client.MarkAsync(0);
                break;
            case "LiveInScan":
                await client.ScanAsync();
                await client.SendAsync(new StateMessage(StreamState.Live));
                break;
            case "SecondIdentify": await client.SendAsync(TestClient.Identity(Size)); break;
            case "WriteOutside":
                await client.StateAsync(StreamState.CatchUp);
                await client.WriteAsync(Size, sector);
                break;
            case "HugeWrite":
                await client.StateAsync(StreamState.CatchUp);
                await client.RawAsync([0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
                break;
            case "HashOutside":
                await client.ScanAsync();
                await client.SendAsync(new HashRequestMessage(Size >> 9, 1, 1 << 20));
                break;
            case "UnknownType": await client.RawAsync([0x3e]); break;
            case "ServersMessage": await client.SendAsync(new CommittedMessage(1, 1)); break;
            case "ComparedTwice":
                await client.BecomeLiveAsync();
                client = await server.WelcomedAsync(Size);
                await client.ScanAsync();
                await client.SendAsync(new ScanComparedMessage(0, 0, 0));
                await client.ExpectAsync<ScanProceedMessage>();
                await client.SendAsync(new ScanComparedMessage(0, 0, 0));
                break;
            case "Cut":
                await client.StateAsync(StreamState.CatchUp);
                await client.RawAsync([0x11, 0, 0, 0]);
                client.Dispose();
                refused = false;
                break;
            default: throw new ArgumentException(what);
        }
        if (refused) Assert.Contains("Volume v", (await client.ExpectRefusedAsync(RefusalCode.BadRequest)).Text, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.Status("v").Peer is null);
        Assert.Equal(0, server.Content("v").AllocatedPages);
        await other.MarkAsync(2);
        await other.CommittedAsync(2);
        TestClient again = await server.WelcomedAsync(Size);
        await again.SendAsync(default(AliveMessage));
    }
}
