using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Fakes;
using Mirror.Core.Server;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

public sealed class ServerGuardTests
{
    private const long Size = 4 << 20;

    [Fact]
    public async Task A_scan_that_would_change_too_much_stops_with_the_image_untouched_and_the_way_out()
    {
        await using ServerFixture server = await FilledAsync();
        byte[] before = server.Content("v").ToArray();
        TestClient client = await server.WelcomedAsync(Size);
        Assert.Equal(ScanBegunFlags.Guarded, (await client.ScanAsync()).Flags);
        await client.StateAsync(StreamState.Scanning);
        await client.SendAsync(new ScanComparedMessage(Size, 1 << 20, 1 << 20));
        RefusedMessage refused = await client.ExpectRefusedAsync(RefusalCode.NeedsReplace);
        Assert.Contains("diskmirror adopt v --replace", refused.Text, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => server.Status().Needs == "adopt --replace");
        Assert.Equal(before, server.Content("v").ToArray());

        // Later connections are held to it too.
        TestClient writer = await server.ConnectAsync();
        Assert.True((await writer.IdentifyAsync(TestClient.Identity(Size))).Flags.HasFlag(WelcomeFlags.GuardedScanUnfinished));
        await writer.SendAsync(new StateMessage(StreamState.CatchUp));
        await writer.ExpectRefusedAsync(RefusalCode.BadRequest);
    }

    [Fact]
    public async Task The_guard_outlives_a_restart_of_the_server()
    {
        var files = new FakeImageFiles();
        await using (ServerFixture server = await FilledAsync(files))
        {
            TestClient client = await server.WelcomedAsync(Size);
            await client.ScanAsync();
        }
        await using ServerFixture again = await ServerFixture.StartAsync(files);
        TestClient back = await again.ConnectAsync();
        Assert.True((await back.IdentifyAsync(TestClient.Identity(Size))).Flags.HasFlag(WelcomeFlags.GuardedScanUnfinished));
        Assert.Equal(ScanBegunFlags.Guarded, (await back.ScanAsync(ScanBeginFlags.Continue)).Flags);
        await back.WriteAsync(0, new byte[512]);
        await back.ExpectRefusedAsync(RefusalCode.BadRequest);
    }

    [Fact]
    public async Task A_small_change_goes_on_unasked()
    {
        await using ServerFixture server = await FilledAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        await client.SendAsync(new ScanComparedMessage(8192, 4096, 1 << 20));
        await client.ExpectAsync<ScanProceedMessage>();
        byte[] data = ServerFixture.Random(4096, 9);
        await client.WriteAsync(0, data);
        await client.StateAsync(StreamState.CatchUp);
        // Only a consistent mark moves the image.
        Assert.NotEqual(data, server.Content("v").ToArray()[..4096]);
        await client.StateAsync(StreamState.Live);
        await client.MarkAsync(5, consistent: true);
        await client.CommittedAsync(5);
        await Waiting.UntilAsync(() => server.Content("v").ToArray()[..4096].AsSpan().SequenceEqual(data));
        // It has followed its disk since, so a scan on this connection is not guarded; the first of the next connection is.
        Assert.Equal(ScanBegunFlags.None, (await client.ScanAsync()).Flags);
        await client.StateAsync(StreamState.CatchUp);
        TestClient next = await server.WelcomedAsync(Size);
        Assert.Equal(ScanBegunFlags.Guarded, (await next.ScanAsync()).Flags);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_administrator_lets_it_go_on_from_either_side_and_a_break_does_not_ask_again(bool atServer)
    {
        await using ServerFixture server = await FilledAsync();
        IdentifyFlags flags = atServer ? 0 : IdentifyFlags.AdoptAndReplace;
        if (atServer) await server.Server.Volumes.Single().AdoptAsync(replace: true, default);
        TestClient client = await server.ConnectAsync();
        await client.IdentifyAsync(TestClient.Identity(Size, flags: flags));
        await client.ScanAsync();
        await client.SendAsync(new ScanComparedMessage(Size, 1 << 20, 1 << 20));
        await client.ExpectAsync<ScanProceedMessage>();
        await client.WriteAsync(0, new byte[4096]);
        client.Dispose();

        // Broken off, and begun from the start without the flag: the permission still holds, until the scan has ended.
        TestClient back = await server.ConnectAsync();
        await back.IdentifyAsync(TestClient.Identity(Size));
        await back.ScanAsync();
        await back.SendAsync(new ScanComparedMessage(Size, 1 << 20, 1 << 20));
        await back.ExpectAsync<ScanProceedMessage>();
        await back.StateAsync(StreamState.CatchUp);
        TestClient next = await server.WelcomedAsync(Size);
        await next.ScanAsync();
        await next.SendAsync(new ScanComparedMessage(Size, 1 << 20, 1 << 20));
        await next.ExpectRefusedAsync(RefusalCode.NeedsReplace);
    }

    [Fact]
    public async Task Going_on_with_a_scan_that_has_ended_begins_a_guarded_one()
    {
        await using ServerFixture server = await FilledAsync();
        TestClient client = await server.WelcomedAsync(Size);
        Assert.Equal(ScanBegunFlags.Guarded, (await client.ScanAsync(ScanBeginFlags.Continue)).Flags);
    }

    [Theory]
    [InlineData("disk-2", 1, 1)]
    [InlineData("disk-1", 2, 1)]
    [InlineData("disk-1", 1, 2)]
    public async Task Another_disk_is_refused_until_adopted_and_displaces_nobody(string text, int machine, int client)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient right = await server.WelcomedAsync(Size);
        await right.BecomeLiveAsync();
        TestClient wrong = await server.ConnectAsync();
        await wrong.SendAsync(TestClient.Identity(Size, text, machine: machine, client: client));
        RefusedMessage refused = await wrong.ExpectRefusedAsync(RefusalCode.WrongDisk);
        Assert.Contains("diskmirror adopt v", refused.Text, StringComparison.Ordinal);
        Assert.Equal("adopt", server.Status().Needs);
        await right.MarkAsync(2);
        await right.CommittedAsync(2);

        TestClient adopted = await server.ConnectAsync();
        WelcomeMessage welcome = await adopted.IdentifyAsync(TestClient.Identity(Size, text, IdentifyFlags.Adopt, machine, client));
        Assert.Equal(0UL, welcome.CommittedMark);
        Assert.True(welcome.Flags.HasFlag(WelcomeFlags.GuardedScanUnfinished));     // it must compare before it may write
        await right.ExpectRefusedAsync(RefusalCode.Replaced);
        TestClient former = await server.ConnectAsync();
        await former.SendAsync(TestClient.Identity(Size));
        await former.ExpectRefusedAsync(RefusalCode.WrongDisk);
    }

    [Fact]
    public async Task Adopting_at_the_server_takes_one_other_disk()
    {
        await using ServerFixture server = await FilledAsync();
        await server.Server.Volumes.Single().AdoptAsync(replace: false, default);
        TestClient second = await server.ConnectAsync();
        await second.IdentifyAsync(TestClient.Identity(Size, "disk-2"));
        TestClient third = await server.ConnectAsync();
        await third.SendAsync(TestClient.Identity(Size, "disk-3"));
        await third.ExpectRefusedAsync(RefusalCode.WrongDisk);
    }

    [Fact]
    public async Task The_same_disk_may_grow_and_must_not_shrink_unasked()
    {
        await using ServerFixture server = await FilledAsync();
        byte[] before = server.Content("v").ToArray();
        TestClient smaller = await server.ConnectAsync();
        await smaller.SendAsync(TestClient.Identity(Size / 2));
        await smaller.ExpectRefusedAsync(RefusalCode.SizeChanged);
        Assert.Equal(before, server.Content("v").ToArray());

        TestClient same = await server.ConnectAsync();
        (Guid incarnation, ulong mark) = await same.IdentifyAsync(TestClient.Identity(Size)) is var now ? (now.Incarnation, now.CommittedMark) : default;
        TestClient grown = await server.ConnectAsync();
        WelcomeMessage welcome = await grown.IdentifyAsync(TestClient.Identity(Size * 2));
        Assert.Equal((incarnation, mark), (welcome.Incarnation, welcome.CommittedMark));
        Assert.NotEqual(0UL, mark);
        Assert.Equal(Size * 2, server.Content("v").SizeBytes);
        Assert.Equal(before, server.Content("v").ToArray()[..(int)Size]);

        TestClient shrunk = await server.ConnectAsync();
        await shrunk.IdentifyAsync(TestClient.Identity(Size / 2, flags: IdentifyFlags.AdoptAndReplace));
        Assert.Equal(Size / 2, server.Content("v").SizeBytes);
        Assert.Equal(Size / 2, server.Status().SizeBytes);
    }

    [Fact]
    public async Task What_another_disk_replaces_is_kept_as_a_snapshot_with_that_disk_s_size_and_name_until_it_is_removed()
    {
        await using ServerFixture server = await FilledAsync();
        byte[] before = server.Content("v").ToArray();
        var volume = (IHistoryRole)server.Server.Volumes.Single();
        TestClient shrunk = await server.ConnectAsync();
        await shrunk.IdentifyAsync(TestClient.Identity(Size / 2, "disk-2", IdentifyFlags.AdoptAndReplace) with { LogicalBlockBytes = 4096 });
        SnapshotInfo kept = Assert.Single((await volume.SnapshotsAsync(default)).Snapshots);
        Assert.StartsWith("replaced-", kept.Name, StringComparison.Ordinal);
        Assert.Equal((Size, 512, false, 1L), (kept.SizeBytes, kept.LogicalBlockBytes, kept.ByRule, kept.Mark));
        Assert.Equal(before, server.Files.Image(kept.Path).ToArray());
        Assert.Equal(Size / 2, server.Content("v").SizeBytes);
        await volume.RemoveSnapshotAsync(kept.Name, default);
        Assert.Empty((await volume.SnapshotsAsync(default)).Snapshots);
    }

    [Fact]
    public async Task What_a_scan_that_was_allowed_to_replace_overwrites_is_kept_once()
    {
        await using ServerFixture server = await FilledAsync();
        byte[] before = server.Content("v").ToArray();
        for (int i = 0; i < 2; i++)
        {
            // The second time after a break: the same mark, so nothing new to keep.
            TestClient client = await server.ConnectAsync();
            await client.IdentifyAsync(TestClient.Identity(Size, flags: IdentifyFlags.AdoptAndReplace));
            await client.ScanAsync();
            await client.SendAsync(new ScanComparedMessage(Size, 1 << 20, 1 << 20));
            await client.ExpectAsync<ScanProceedMessage>();
            await client.ZeroAsync(0, Size);
            client.Dispose();
            await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
        }
        SnapshotInfo kept = Assert.Single((await ((IHistoryRole)server.Server.Volumes.Single()).SnapshotsAsync(default)).Snapshots);
        Assert.Equal(before, server.Files.Image(kept.Path).ToArray());
    }

    [Fact]
    public async Task Where_nothing_can_be_cloned_another_disk_still_takes_its_place_when_that_was_allowed()
    {
        var files = new FakeImageFiles { Clones = false };
        await using ServerFixture server = await FilledAsync(files);
        TestClient other = await server.ConnectAsync();
        await other.IdentifyAsync(TestClient.Identity(Size, "disk-2", IdentifyFlags.AdoptAndReplace));
        Assert.Empty((await ((IHistoryRole)server.Server.Volumes.Single()).SnapshotsAsync(default)).Snapshots);
    }

    [Fact]
    public async Task A_store_that_fails_to_keep_what_would_be_replaced_replaces_nothing()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await FilledAsync(files);
        byte[] before = server.Content("v").ToArray();
        files.Hook = (operation, _) =>
        {
            if (operation == FakeImageOperation.Clone) throw new IOException("no good");
        };
        TestClient other = await server.ConnectAsync();
        await other.SendAsync(TestClient.Identity(Size / 2, "disk-2", IdentifyFlags.AdoptAndReplace));
        await other.ExpectRefusedAsync(RefusalCode.StoreFailed);
        files.Hook = null;
        Assert.Equal(before, server.Content("v").ToArray());
        Assert.Equal("disk-1 of host", server.Status().Identity);
    }

    [Fact]
    public async Task A_store_on_the_mirrored_disk_is_refused_before_anything_is_made()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(place: new OnDisk("disk-1"));
        TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Identity(Size));
        await client.ExpectRefusedAsync(RefusalCode.SameDisk);
        Assert.False(server.Files.Exists(ServerFixture.Image("v")));
        TestClient other = await server.ConnectAsync("w");
        await other.IdentifyAsync(TestClient.Identity(Size, "disk-2"));
    }

    [Fact]
    public async Task A_volume_without_a_disk_cannot_be_adopted()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(volumes: new Dictionary<string, VolumePlacement> { ["v"] = new("/x/image") });
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.Volumes.Single().AdoptAsync(false, default));
    }

    /// <summary>A volume with 1 MiB of data that has been consistent; its client has gone.</summary>
    private static async Task<ServerFixture> FilledAsync(FakeImageFiles? files = null)
    {
        ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.ScanAsync();
        await client.WriteAsync(1 << 20, ServerFixture.Random(1 << 20, 1));
        await client.StateAsync(StreamState.CatchUp);
        await client.StateAsync(StreamState.Live);
        await client.MarkAsync(1, consistent: true);
        await client.CommittedAsync(1);
        client.Dispose();
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
        return server;
    }

    private sealed class OnDisk(string text) : IStorePlace
    {
        public string? WhyOnDisk(string path, DiskIdentity disk) => disk.Text == text ? $"{path} lies on {text}" : null;
    }
}
