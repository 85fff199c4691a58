using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Server;

/// <summary>Volumes that get another name, are deleted, released and taken while the server goes on.</summary>
public sealed class VolumeLifeTests
{
    private const long Size = 2 << 20;

    [Fact]
    public async Task A_renamed_volume_goes_on_under_its_new_name_with_its_history_and_the_old_name_begins_nothing()
    {
        var files = new FakeImageFiles();
        byte[] content;
        await using (ServerFixture server = await FilledAsync(files))
        {
            content = server.Content("v").ToArray();
            Guid id = Record(files, "v").Id;
            await server.Server.RenameVolumeAsync("v", "w");
            Assert.Equal(["w"], Names(server));
            Assert.Equal((id, "w"), (Record(files, "w").Id, Record(files, "w").Volume));
            Assert.Equal(["keep"], (await ((IHistoryRole)server.Server.Volumes.Single()).SnapshotsAsync(default)).Snapshots.Select(s => s.Name));
            foreach (MirrorRight right in (MirrorRight[])[MirrorRight.Mirror, MirrorRight.Restore])
            {
                TestClient old = await server.ConnectAsync("v", right);
                if (right == MirrorRight.Mirror) await old.SendAsync(TestClient.Identity(Size));
                Assert.Contains("it is called w now", (await old.ExpectRefusedAsync(RefusalCode.NotFound)).Text, StringComparison.Ordinal);
            }
            TestClient renamed = await server.WelcomedAsync(Size, "w");
            Assert.Equal(ScanBegunFlags.Guarded, (await renamed.ScanAsync()).Flags);
        }
        // And so it stays.
        await using ServerFixture again = await ServerFixture.StartAsync(files);
        Assert.Equal(["w"], Names(again));
        Assert.Equal(content, again.Content("w").ToArray());
        TestClient still = await again.ConnectAsync("v");
        await still.SendAsync(TestClient.Identity(Size));
        await still.ExpectRefusedAsync(RefusalCode.NotFound);
    }

    [Fact]
    public async Task What_is_in_use_or_no_name_or_there_already_is_refused_and_goes_on()
    {
        await using ServerFixture server = await FilledAsync();
        TestClient other = await server.WelcomedAsync(Size, "other");
        TestClient client = await server.WelcomedAsync(Size);
        foreach (Func<Task> change in (Func<Task>[])[() => server.Server.RenameVolumeAsync("v", "w"), () => server.Server.DeleteVolumeAsync("v", TimeSpan.Zero), () => server.Server.ReleaseVolumeAsync("v")])
        {
            MirrorControlException e = await Assert.ThrowsAsync<MirrorControlException>(change);
            Assert.Equal(ControlFailure.InUse, e.Failure);
            Assert.Contains("diskmirror stop v", e.Message, StringComparison.Ordinal);
        }
        await client.ScanAsync();
        client.Dispose();
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
        foreach (string name in (string[])["../x", "", ".gone", "other", "v"]) await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.RenameVolumeAsync("v", name));
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.RenameVolumeAsync("nothing", "w"));
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.TakeVolumeAsync("v"));
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.TakeVolumeAsync("nothing"));
        await server.WelcomedAsync(Size);
    }

    [Fact]
    public async Task A_volume_is_deleted_only_when_it_is_old_enough_and_begins_anew_only_when_it_is_let()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await FilledAsync(files);
        MirrorControlException young = await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.DeleteVolumeAsync("v", TimeSpan.FromDays(1)));
        Assert.Contains("--min-age 0m", young.Message, StringComparison.Ordinal);
        Assert.Equal(["v"], Names(server));
        Assert.Equal(new DeletedVolume("v", 1, null), await server.Server.DeleteVolumeAsync("v", TimeSpan.Zero));
        Assert.Empty(server.Server.Volumes);
        Assert.False(files.Exists($"{ServerFixture.Store}/v"));
        Assert.False(files.Exists($"{ServerFixture.Store}/.deleted"));
        Assert.False(files.Exists(ServerFixture.Image("v")));
        TestClient old = await server.ConnectAsync();
        await old.SendAsync(TestClient.Identity(Size));
        Assert.Contains("it was deleted", (await old.ExpectRefusedAsync(RefusalCode.NotFound)).Text, StringComparison.Ordinal);
        await server.Server.TakeVolumeAsync("v");
        WelcomeMessage anew = await (await server.ConnectAsync()).IdentifyAsync(TestClient.Identity(Size));
        Assert.False(anew.Flags.HasFlag(WelcomeFlags.HasBeenConsistent));
    }

    [Fact]
    public async Task A_released_volume_can_be_moved_while_the_server_goes_on_and_is_the_same_when_it_is_taken()
    {
        await using ServerFixture server = await FilledAsync();
        byte[] content = server.Content("v").ToArray();
        Assert.Equal($"{ServerFixture.Store}/v", await server.Server.ReleaseVolumeAsync("v"));
        TestClient waiting = await server.ConnectAsync();
        await waiting.SendAsync(TestClient.Identity(Size));
        await waiting.ExpectRefusedAsync(RefusalCode.NotFound);
        // Copied while the server runs; here to itself.
        server.Files.MoveDirectory($"{ServerFixture.Store}/v", "/elsewhere");
        await server.Server.TakeVolumeAsync("v");
        Assert.Empty(Names(server));
        server.Files.MoveDirectory("/elsewhere", $"{ServerFixture.Store}/v");
        await server.Server.TakeVolumeAsync("v");
        Assert.Equal(["v"], Names(server));
        Assert.Equal(content, server.Content("v").ToArray());
        Assert.Equal(1L, server.Status().Snapshots ?? 1);
        Assert.True((await (await server.ConnectAsync()).IdentifyAsync(TestClient.Identity(Size))).Flags.HasFlag(WelcomeFlags.HasBeenConsistent));
    }

    [Fact]
    public async Task A_volume_whose_image_is_elsewhere_is_renamed_when_the_configuration_places_its_new_name_there()
    {
        const string image = "/elsewhere/v.img";
        var files = new FakeImageFiles();
        byte[] content;
        await using (ServerFixture server = await ServerFixture.StartAsync(files, volumes: Placed("v")))
        {
            TestClient client = await server.WelcomedAsync(Size);
            await client.BecomeLiveAsync();
            await client.WriteAsync(0, ServerFixture.Random(1 << 20, 1));
            await client.MarkAsync(2, consistent: true);
            await client.CommittedAsync(2);
            client.Dispose();
            await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
            MirrorControlException refused = await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.RenameVolumeAsync("v", "w"));
            Assert.Contains($"'volume = w={image}'", refused.Message, StringComparison.Ordinal);
            await server.WelcomedAsync(Size);
        }
        content = files.Image(image).ToArray();
        await using (ServerFixture both = await ServerFixture.StartAsync(files, volumes: Placed("v", "w")))
        {
            await Assert.ThrowsAsync<MirrorControlException>(() => both.Server.RenameVolumeAsync("v", "w"));
            await Assert.ThrowsAsync<MirrorControlException>(() => both.Server.RenameVolumeAsync("v", "x"));
        }
        await using (ServerFixture server = await ServerFixture.StartAsync(files, volumes: Placed("w")))
        {
            // Until it is renamed nothing can be done with it under the old name.
            Assert.Contains(image, server.Status("v").LastError, StringComparison.Ordinal);
            await server.Server.RenameVolumeAsync("v", "w");
            Assert.Equal(["w"], Names(server));
            Assert.Null(server.Status("w").LastError);
            TestClient old = await server.ConnectAsync();
            await old.SendAsync(TestClient.Identity(Size));
            Assert.Contains("it is called w now", (await old.ExpectRefusedAsync(RefusalCode.NotFound)).Text, StringComparison.Ordinal);
            TestClient client = await server.ConnectAsync("w");
            Assert.True((await client.IdentifyAsync(TestClient.Identity(Size))).Flags.HasFlag(WelcomeFlags.HasBeenConsistent));
            Assert.Equal(ScanBegunFlags.Guarded, (await client.ScanAsync()).Flags);
        }
        Assert.Equal(content, files.Image(image).ToArray());

        static Dictionary<string, VolumePlacement> Placed(params string[] volumes) => volumes.ToDictionary(v => v, _ => new VolumePlacement(image));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_power_cut_at_any_moment_leaves_the_volume_whole_under_one_name_or_gone(bool delete)
    {
        var files = new FakeImageFiles();
        List<FakeImageFiles> cuts = [];
        byte[] content;
        await using (ServerFixture server = await FilledAsync(files))
        {
            content = server.Content("v").ToArray();
            files.Hook = (_, _) => cuts.Add(files.AfterPowerCut(new Random(1)));
            if (delete) await server.Server.DeleteVolumeAsync("v", TimeSpan.Zero);
            else await server.Server.RenameVolumeAsync("v", "w");
            files.Hook = null;
        }
        cuts.Add(files.AfterPowerCut(new Random(1)));
        Assert.True(cuts.Count > 2);
        List<string> ends = [];
        foreach (FakeImageFiles left in cuts)
        {
            await using ServerFixture again = await ServerFixture.StartAsync(left);
            string name = string.Join(',', Names(again));
            ends.Add(name);
            if (name.Length == 0) continue;
            Assert.Null(again.Status(name).LastError);
            Assert.Equal(content, again.Content(name).ToArray());
            await again.WelcomedAsync(Size, name);
        }
        Assert.Equal(["v", delete ? "" : "w"], ends.Distinct());
        Assert.False(cuts[^1].Exists($"{ServerFixture.Store}/.deleted"));
    }

    [Fact]
    public async Task A_store_that_fails_meanwhile_leaves_the_volume_in_service()
    {
        var files = new FakeImageFiles();
        await using ServerFixture server = await FilledAsync(files);
        files.Hook = (operation, _) =>
        {
            if (operation == FakeImageOperation.MoveDirectory) throw new IOException("no good");
        };
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.RenameVolumeAsync("v", "w"));
        await Assert.ThrowsAsync<MirrorControlException>(() => server.Server.DeleteVolumeAsync("v", TimeSpan.Zero));
        files.Hook = null;
        Assert.Equal(["v"], Names(server));
        await server.WelcomedAsync(Size);
    }

    [Fact]
    public async Task A_seed_is_taken_as_the_image_of_a_new_volume_and_one_of_another_size_is_not()
    {
        var files = new FakeImageFiles();
        byte[] seed = ServerFixture.Random((int)Size, 3);
        foreach (string volume in (string[])["v", "w"])
        {
            using IImageFile image = files.Open(ServerFixture.Image(volume), ImageOpenMode.New);
            image.SetSize(Size);
            image.Write(0, seed);
        }
        files.SetSmall($"{ServerFixture.Store}/v/seed", [1]);
        await using ServerFixture server = await ServerFixture.StartAsync(files);
        Assert.Empty(server.Server.Volumes);
        TestClient small = await server.ConnectAsync();
        await small.SendAsync(TestClient.Identity(Size / 2));
        Assert.Contains("was seeded with", (await small.ExpectRefusedAsync(RefusalCode.StoreFailed)).Text, StringComparison.Ordinal);
        Assert.Equal(seed, server.Content("v").ToArray());
        TestClient unmarked = await server.ConnectAsync("w");
        await unmarked.SendAsync(TestClient.Identity(Size));
        await unmarked.ExpectRefusedAsync(RefusalCode.StoreFailed);
        TestClient client = await server.WelcomedAsync(Size);
        Assert.Equal(ScanBegunFlags.None, (await client.ScanAsync()).Flags);
        Assert.Equal(seed, server.Content("v").ToArray());
        Assert.False(files.Exists($"{ServerFixture.Store}/v/seed"));
    }

    private static string[] Names(ServerFixture server) => [.. server.Server.Volumes.Select(v => v.Status.Volume)];

    private static VolumeRecord Record(FakeImageFiles files, string volume) =>
        VolumeRecordFormat.Parse(files.Small($"{ServerFixture.Store}/{volume}/volume.json"), "record", volume);

    /// <summary>Volume <c>v</c> with data, consistent, with a snapshot, and without its client.</summary>
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
        await ((IHistoryRole)server.Server.Volumes.Single()).NewSnapshotAsync("keep", default);
        client.Dispose();
        await Waiting.UntilAsync(() => server.Status().State == MirrorState.NoConn);
        return server;
    }
}
