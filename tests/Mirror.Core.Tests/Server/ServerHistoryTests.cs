using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Server;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Server;

public sealed class ServerHistoryTests
{
    private const long Size = 4 << 20;

    [Fact]
    public async Task A_snapshot_keeps_what_the_image_loses_later_and_can_be_removed()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        byte[] old = ServerFixture.Random(8192, 1);
        await CommitAsync(client, 2, old);
        IHistoryRole volume = Volume(server);
        SnapshotInfo taken = await volume.NewSnapshotAsync("before", default);
        Assert.Equal(("before", 2L, Size, false), (taken.Name, taken.Mark, taken.SizeBytes, taken.ByRule));
        await CommitAsync(client, 3, ServerFixture.Random(8192, 2));
        Assert.Equal(old, server.Files.Image(taken.Path).ToArray()[..8192]);
        SnapshotHistory history = await volume.SnapshotsAsync(default);
        Assert.Equal(["before"], history.Snapshots.Select(s => s.Name));
        Assert.NotNull(history.Snapshots[0].UniqueBytes);
        Assert.Equal(1, server.Status().Snapshots);
        await volume.RemoveSnapshotAsync("before", default);
        Assert.Empty((await volume.SnapshotsAsync(default)).Snapshots);
        Assert.False(server.Files.Exists(taken.Path));
    }

    [Fact]
    public async Task A_snapshot_has_the_size_of_its_own_time_when_the_disk_has_grown()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        byte[] old = ServerFixture.Random(64 << 10, 1);
        await CommitAsync(client, 2, old);
        TestClient grown = await server.ConnectAsync();
        await grown.IdentifyAsync(TestClient.Identity(Size * 2));
        SnapshotInfo taken = await Volume(server).NewSnapshotAsync("before", default);
        Assert.Equal((2L, Size), (taken.Mark, taken.SizeBytes));
        byte[] snapshot = server.Files.Image(taken.Path).ToArray();
        Assert.Equal(Size, snapshot.Length);
        Assert.Equal(old, snapshot[..old.Length]);
        Assert.Equal(Size * 2, server.Content("v").SizeBytes);
    }

    [Fact]
    public async Task A_slow_clone_does_not_hold_up_the_stream()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { JournalBytes = 256 << 10 });
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        byte[] old = ServerFixture.Random(8192, 1);
        await CommitAsync(client, 2, old);
        using var gate = new ManualResetEventSlim();
        bool cloning = false;
        files.Hook = (operation, _) =>
        {
            if (operation != FakeImageOperation.Clone) return;
            Volatile.Write(ref cloning, true);
            gate.Wait();
        };
        Task<SnapshotInfo> taking = Volume(server).NewSnapshotAsync(null, default);
        await Waiting.UntilAsync(() => Volatile.Read(ref cloning));
        byte[] model = new byte[Size];
        old.CopyTo(model, 0);
        // Many times the journal.
        for (ulong n = 3; n < 43; n++)
        {
            byte[] data = ServerFixture.Random(64 << 10, (int)n);
            long at = (long)(n % 20) * 100_864;
            await client.WriteAsync(at, data);
            data.CopyTo(model, at);
            await client.MarkAsync(n, consistent: true);
            await client.CommittedAsync(n);
        }
        Assert.Equal(1, server.Status().ImageReaders);
        Assert.Equal(old, server.Content("v").ToArray()[..8192]);
        gate.Set();
        SnapshotInfo taken = await taking;
        Assert.Equal(2, taken.Mark);
        Assert.Equal(old, files.Image(taken.Path).ToArray()[..8192]);
        await Waiting.UntilAsync(() => server.Status().ImageMark == 42);
        Assert.Equal(model, server.Content("v").ToArray());
        // What took the image's place meanwhile has gone.
        await Waiting.UntilAsync(() => !files.Files($"{ServerFixture.Store}/v").Any(f => f.StartsWith("overlay", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_a_killed_reader_left_is_removed_but_nothing_that_is_read_or_was_named_by_a_person()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { HistoryInterval = TimeSpan.FromMilliseconds(20), PassingSnapshotAge = TimeSpan.FromSeconds(3) });      // within it, this test opens its own
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        IHistoryRole volume = Volume(server);
        await volume.NewSnapshotAsync("archive-0123456789", default);
        SnapshotInfo read = await volume.NewSnapshotAsync(PassingSnapshots.ForMount(), default);
        IImageFile reader = files.Open(read.Path, ImageOpenMode.Read);
        SnapshotInfo left = await volume.NewSnapshotAsync(PassingSnapshots.ForArchive(), default);
        await Waiting.UntilAsync(() => !files.Exists(left.Path));
        Assert.Equal(["archive-0123456789", read.Name], (await volume.SnapshotsAsync(default)).Snapshots.Select(s => s.Name).Order(StringComparer.Ordinal));
        // Its process is killed: what it held is let go by the kernel.
        reader.Dispose();
        await Waiting.UntilAsync(() => !files.Exists(read.Path));
        Assert.Equal(["archive-0123456789"], (await volume.SnapshotsAsync(default)).Snapshots.Select(s => s.Name));
    }

    [Fact]
    public async Task A_snapshot_that_its_taker_has_yet_to_open_stays()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(limits: new VolumeLimits { HistoryInterval = TimeSpan.FromMilliseconds(20) });
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        IHistoryRole volume = Volume(server);
        SnapshotInfo taken = await volume.NewSnapshotAsync(PassingSnapshots.ForArchive(), default);
        await volume.SetSnapshotRuleAsync("hourly=1,min-age=0m", default);
        // The rule's own shows that leftovers were looked for since.
        await Waiting.UntilAsync(() => server.Status().Snapshots == 2);
        Assert.True(server.Files.Exists(taken.Path));
    }

    [Fact]
    public async Task A_rule_takes_and_removes_by_itself_but_never_what_was_named()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(limits: new VolumeLimits { HistoryInterval = TimeSpan.FromMilliseconds(20) });
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        IHistoryRole volume = Volume(server);
        await volume.NewSnapshotAsync("mine", default);
        await volume.SetSnapshotRuleAsync("hourly=1,min-age=0m", default);
        await Waiting.UntilAsync(() => server.Status().Snapshots == 2);
        SnapshotHistory first = await volume.SnapshotsAsync(default);
        Assert.Equal("hourly=1,min-age=0m", first.Rule);
        Assert.Single(first.Snapshots, s => s.ByRule);
        // By hand, but without a name: the rule's to remove. The newest of the hour stays.
        await CommitAsync(client, 2, ServerFixture.Random(512, 1));
        SnapshotInfo second = await volume.NewSnapshotAsync(null, default);
        await Waiting.UntilAsync(() => server.Status().Snapshots == 2);
        Assert.Equal(["mine", second.Name], (await volume.SnapshotsAsync(default)).Snapshots.Select(s => s.Name));
        await volume.SetSnapshotRuleAsync("none", default);
        Assert.Null((await volume.SnapshotsAsync(default)).Rule);
    }

    [Fact]
    public async Task Where_files_cannot_be_cloned_the_error_says_so_and_the_mirror_goes_on()
    {
        var files = new FakeImageFiles { Clones = false };
        await using ServerFixture server = await ServerFixture.StartAsync(files, new VolumeLimits { HistoryInterval = TimeSpan.FromMilliseconds(20) });
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        IHistoryRole volume = Volume(server);
        Assert.Contains("cannot clone", (await Assert.ThrowsAsync<MirrorControlException>(() => volume.NewSnapshotAsync("x", default))).Message, StringComparison.Ordinal);
        Assert.Empty((await volume.SnapshotsAsync(default)).Snapshots);
        await volume.SetSnapshotRuleAsync("daily=1", default);
        await Waiting.UntilAsync(() => server.Status().LastError?.Contains("cannot clone", StringComparison.Ordinal) == true);
        await CommitAsync(client, 2, ServerFixture.Random(512, 1));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData(".x")]
    [InlineData("x.json")]
    [InlineData("")]
    public async Task A_name_that_could_lead_elsewhere_is_refused(string name)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        await Assert.ThrowsAsync<MirrorControlException>(() => Volume(server).NewSnapshotAsync(name, default));
        await Assert.ThrowsAsync<MirrorControlException>(() => Volume(server).RemoveSnapshotAsync(name, default));
    }

    [Fact]
    public async Task A_volume_that_was_never_consistent_has_nothing_to_keep()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await (await server.WelcomedAsync(Size)).ScanAsync();
        Assert.Contains("never been consistent", (await Assert.ThrowsAsync<MirrorControlException>(() => Volume(server).NewSnapshotAsync(null, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_is_there_after_a_power_cut_or_not_at_all()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        TestClient client = await server.WelcomedAsync(Size);
        await client.BecomeLiveAsync();
        List<FakeImageFiles> cuts = [];
        files.Hook = (operation, path) =>
        {
            if (path.Contains("snapshots", StringComparison.Ordinal)) cuts.Add(files.AfterPowerCut(new Random(1)));
        };
        await Volume(server).NewSnapshotAsync("x", default);
        await Volume(server).NewSnapshotAsync("y", default);
        files.Hook = null;
        foreach (FakeImageFiles left in cuts)
        {
            await using ServerFixture again = await ServerFixture.StartAsync(left);
            foreach (SnapshotInfo s in (await Volume(again).SnapshotsAsync(default)).Snapshots) Assert.True(left.Exists(s.Path));
            Assert.NotNull(await Volume(again).NewSnapshotAsync("z", default));
        }
    }

    private static IHistoryRole Volume(ServerFixture server) => (IHistoryRole)server.Server.Volumes.Single();

    private static async Task CommitAsync(TestClient client, ulong n, byte[] data)
    {
        await client.WriteAsync(0, data);
        await client.MarkAsync(n, consistent: true);
        await client.CommittedAsync(n);
    }
}
