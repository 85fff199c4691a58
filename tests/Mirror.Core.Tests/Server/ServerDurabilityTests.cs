using System.Text;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Server;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class ServerDurabilityTests
{
    private const long Size = 4 << 20;
    private const string Record = ServerFixture.Store + "/v/volume.json";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]     // the control
    public async Task A_power_cut_after_any_COMMITTED_leaves_everything_before_that_mark(bool flushes)
    {
        var random = new Random(5);
        var files = new FakeImageFiles { FlushLies = !flushes };
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        Guid incarnation = (await client.ScanAsync()).Incarnation;
        var cuts = new List<(ulong N, FakeImageFiles Left)>();
        for (ulong n = 1; n <= 30; n++)
        {
            // The mark's own writes, then others that are under way while it is committed.
            await client.WriteAsync((long)n * 4096, ServerFixture.Random(4096, (int)n));
            await client.MarkAsync(n, random: n * 3);
            for (int i = 0; i < 8; i++) await client.WriteAsync((1 << 20) + random.Next(500) * 4096, ServerFixture.Random(4096, i));
            CommittedMessage committed = await client.ExpectAsync<CommittedMessage>();
            Assert.Equal((n, n * 3), (committed.Number, committed.Random));
            cuts.Add((n, files.AfterPowerCut(random)));
        }
        int lost = 0;
        foreach ((ulong n, FakeImageFiles left) in cuts)
        {
            await using ServerFixture again = await ServerFixture.StartAsync(left);
            TestClient back = await again.ConnectAsync();
            WelcomeMessage welcome = await back.IdentifyAsync(TestClient.Identity(Size));
            Assert.Equal(incarnation, welcome.Incarnation);
            Assert.Equal((n, n * 3), (welcome.CommittedMark, welcome.CommittedRandom));
            byte[] image = again.Content("v").ToArray();
            for (ulong m = 1; m <= n; m++)
            {
                if (!ServerFixture.Random(4096, (int)m).AsSpan().SequenceEqual(image.AsSpan((int)m * 4096, 4096))) lost++;
            }
        }
        if (flushes) Assert.Equal(0, lost);
        else Assert.NotEqual(0, lost);
    }

    [Fact]
    public async Task Marks_that_wait_for_a_slow_flush_are_answered_together_and_later_writes_are_applied_meanwhile()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        bool flushing = false;
        using var gate = new ManualResetEventSlim();
        files.Hook = (operation, path) =>
        {
            if (operation != FakeImageOperation.Flush || path != ServerFixture.Image("v")) return;
            flushing = true;
            gate.Wait();
        };
        await client.MarkAsync(1);
        await Waiting.UntilAsync(() => flushing); // and no flush of the scan's beginning, or mark 1 would wait with the others
        byte[] data = ServerFixture.Random(4096, 1);
        await client.WriteAsync(8192, data);
        await client.MarkAsync(2);
        await client.MarkAsync(3);
        await client.MarkAsync(4);
        await client.StateAsync(StreamState.CatchUp);   // overtakes COMMITTED; everything before it is applied
        Assert.Equal(data, server.Content("v").ToArray()[8192..12288]);
        Assert.True(server.Status().OldestUncommittedMilliseconds >= 0);
        Assert.Equal(0, server.Status().CommittedMark);
        gate.Set();
        List<ulong> answers = [];
        while (answers.LastOrDefault() < 4) answers.Add((await client.ExpectAsync<CommittedMessage>()).Number);
        Assert.Equal([1UL, 4UL], answers);
    }

    [Fact]
    public async Task A_fifth_unanswered_mark_is_refused()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        using var gate = new ManualResetEventSlim();
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Flush && path == ServerFixture.Image("v")) gate.Wait();
        };
        for (ulong n = 1; n <= 5; n++) await client.MarkAsync(n);
        await client.ExpectAsync<RefusedMessage>();
        gate.Set();
    }

    [Fact]
    public async Task The_incarnation_that_the_client_hears_of_survives_a_power_cut()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        client = await server.WelcomedAsync(Size);
        ScanBegunMessage begun = await client.ScanAsync();
        FakeImageFiles left = files.AfterPowerCut(new Random(1));
        await using ServerFixture again = await ServerFixture.StartAsync(left);
        TestClient back = await again.ConnectAsync();
        WelcomeMessage welcome = await back.IdentifyAsync(TestClient.Identity(Size));
        Assert.Equal(begun.Incarnation, welcome.Incarnation);
        Assert.Equal(0UL, welcome.CommittedMark);   // the mark of the earlier incarnation is none of this one
        Assert.Equal(WelcomeFlags.HasBeenConsistent | WelcomeFlags.GuardedScanUnfinished, welcome.Flags);
    }

    [Fact]
    public async Task A_full_store_is_told_to_the_client_and_heals_when_there_is_room()
    {
        var files = new FakeImageFiles { Capacity = 1 << 20 };
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { RoomNeeded = 1 << 20 });
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        await client.WriteAsync(0, ServerFixture.Random(4096, 1));
        await client.MarkAsync(1);
        await client.CommittedAsync(1);
        for (int i = 0; i < 2; i++) await client.WriteAsync((1 + i) << 20, ServerFixture.Random(1 << 20, 2));
        RefusedMessage refused = await client.ExpectRefusedAsync(RefusalCode.StoreFull);
        Assert.Contains("Volume v", refused.Text, StringComparison.Ordinal);
        Assert.NotEqual(0, refused.RetryAfterSeconds);
        Assert.Contains("no room", server.Status().LastError, StringComparison.Ordinal);

        TestClient early = await server.ConnectAsync();
        await early.SendAsync(TestClient.Identity(Size));
        await early.ExpectRefusedAsync(RefusalCode.StoreFull);

        files.Capacity = long.MaxValue;
        TestClient later = await server.ConnectAsync();
        WelcomeMessage welcome = await later.IdentifyAsync(TestClient.Identity(Size));
        Assert.Equal(1UL, welcome.CommittedMark);
        await later.StateAsync(StreamState.CatchUp);
        byte[] data = ServerFixture.Random(1 << 20, 3);
        await later.WriteAsync(2 << 20, data);
        await later.MarkAsync(2);
        await later.CommittedAsync(2);
        Assert.Equal(data, server.Content("v").ToArray()[(2 << 20)..(3 << 20)]);
        Assert.Null(server.Status().LastError);
    }

    [Fact]
    public async Task A_failed_flush_is_told_commits_nothing_and_what_the_cache_claims_is_not_believed()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        byte[] old = ServerFixture.Random(4096, 1), fresh = ServerFixture.Random(4096, 2);
        await client.WriteAsync(0, old);
        await client.MarkAsync(1);
        await client.CommittedAsync(1);
        int fail = 1;
        files.Hook = (operation, path) =>
        {
            if (operation == FakeImageOperation.Flush && path == ServerFixture.Image("v") && Interlocked.Exchange(ref fail, 0) == 1) throw new IOException("errno 5");
        };
        await client.WriteAsync(0, fresh);
        await client.MarkAsync(2);
        RefusedMessage refused = await client.ExpectRefusedAsync(RefusalCode.StoreFailed);
        Assert.Contains("errno 5", refused.Text, StringComparison.Ordinal);
        Assert.Equal(1, server.Status().CommittedMark);
        Assert.Contains("errno 5", server.Status().LastError, StringComparison.Ordinal);

        TestClient back = await server.ConnectAsync();
        WelcomeMessage welcome = await back.IdentifyAsync(TestClient.Identity(Size));
        Assert.Equal(1UL, welcome.CommittedMark);
        await back.ScanAsync(ScanBeginFlags.Continue);
        await back.SendAsync(new HashRequestMessage(0, 1, 4096));
        (_, byte[] tags) = await back.ExpectHashesAsync();
        byte[] expected = new byte[16];
        using (var hasher = new UnitHasher(welcome.HashKey)) hasher.Hash(old, 4096, 0, expected);
        Assert.Equal(expected, tags);
        await back.WriteAsync(0, fresh);
        await back.MarkAsync(2);
        await back.CommittedAsync(2);
        Assert.Null(server.Status().LastError);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_reported_kept_and_used_again_once_it_is_put_right()
    {
        var files = new FakeImageFiles();
        byte[] good;
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.WelcomedAsync(Size);
            await client.BecomeLiveAsync();
            good = files.Small(Record)!;
        }
        byte[] bad = Encoding.UTF8.GetBytes("{ \"version\": 9 }");
        files.SetSmall(Record, bad);
        await using ServerFixture again = await ServerFixture.StartAsync(files);
        Assert.Contains(Record, again.Status().LastError, StringComparison.Ordinal);
        TestClient refused = await again.ConnectAsync();
        await refused.SendAsync(TestClient.Identity(Size));
        Assert.Contains(Record, (await refused.ExpectRefusedAsync(RefusalCode.StoreFailed)).Text, StringComparison.Ordinal);
        Assert.Equal(bad, files.Small(Record));

        files.SetSmall(Record, good);
        TestClient back = await again.ConnectAsync();
        Assert.Equal(1UL, (await back.IdentifyAsync(TestClient.Identity(Size))).CommittedMark);
        await back.StateAsync(StreamState.CatchUp);
        await back.MarkAsync(2);
        await back.CommittedAsync(2);
        Assert.Null(again.Status().LastError);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("marks")]
    public async Task A_volume_whose_files_have_gone_is_never_begun_anew_by_itself(string missing)
    {
        var files = new FakeImageFiles();
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.WelcomedAsync(Size);
            await client.BecomeLiveAsync();
        }
        files.Remove($"{ServerFixture.Store}/v/{missing}");
        await using ServerFixture again = await ServerFixture.StartAsync(files);
        TestClient refused = await again.ConnectAsync();
        await refused.SendAsync(TestClient.Identity(Size));
        Assert.Contains(missing, (await refused.ExpectRefusedAsync(RefusalCode.StoreFailed)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_has_gone_while_marks_are_left_is_an_error()
    {
        var files = new FakeImageFiles();
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.WelcomedAsync(Size);
            await client.BecomeLiveAsync();
        }
        files.SetSmall(Record, null);
        await using ServerFixture again = await ServerFixture.StartAsync(files);
        TestClient refused = await again.ConnectAsync();
        await refused.SendAsync(TestClient.Identity(Size));
        Assert.Contains("volume.json", (await refused.ExpectRefusedAsync(RefusalCode.StoreFailed)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_is_locked_out_until_the_first_has_gone()
    {
        var files = new FakeImageFiles();
        ServerFixture first = await ServerFixture.StartAsync(files);
        TestClient client = await first.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        await using ServerFixture second = await ServerFixture.StartAsync(files);
        TestClient refused = await second.ConnectAsync();
        await refused.SendAsync(TestClient.Identity(Size));
        await refused.ExpectRefusedAsync(RefusalCode.InUse);
        await first.DisposeAsync();
        TestClient back = await second.ConnectAsync();
        Assert.Equal(1UL, (await back.IdentifyAsync(TestClient.Identity(Size))).CommittedMark);
    }

    [Fact]
    public async Task What_was_received_before_the_end_of_a_connection_reaches_the_image()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        byte[] data = ServerFixture.Random(1 << 20, 1);
        await client.WriteAsync(0, data);
        await client.MarkAsync(1);
        await client.SendAsync(default(ByeMessage));
        await client.CommittedAsync(1);
        Assert.Equal(MessageType.None, await client.NextAsync());
        Assert.Equal(data, server.Content("v").ToArray()[..data.Length]);
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
    }

    [Fact]
    public async Task An_image_given_in_another_place_makes_the_next_client_scan()
    {
        var files = new FakeImageFiles();
        Guid before;
        await using (ServerFixture server = await ServerFixture.StartAsync(files))
        {
            TestClient client = await server.WelcomedAsync(Size);
            before = await client.BecomeLiveAsync();
        }
        using (IImageFile image = files.Open("/other/image", ImageOpenMode.New)) image.SetSize(Size);
        await using ServerFixture again = await ServerFixture.StartAsync(files, volumes: new Dictionary<string, VolumePlacement> { ["v"] = new("/other/image") });
        TestClient back = await again.ConnectAsync();
        WelcomeMessage welcome = await back.IdentifyAsync(TestClient.Identity(Size));
        Assert.NotEqual(before, welcome.Incarnation);
        Assert.Equal(WelcomeFlags.HasBeenConsistent | WelcomeFlags.GuardedScanUnfinished, welcome.Flags);
    }
}
