using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Fakes;
using Mirror.Core.Restore;
using Mirror.Core.Server;
using Mirror.Core.Tests.Server;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Restore;

/// <summary>The restore engine against the real server.</summary>
public sealed class RestoreRunTests
{
    private const int Size = (20 << 20) + 4096 + 512;     // the last chunk and the last unit are short

    [Fact]
    public async Task A_blank_target_becomes_the_image_and_zeroes_do_not_travel()
    {
        byte[] content = RestoreRig.Sparse(Size, 1);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(Size);
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.Equal(content, target.Content);
        long stored = content.Chunk(4096).Where(unit => unit.AsSpan().ContainsAnyExcept((byte)0)).Sum(unit => (long)unit.Length);
        Assert.Equal((stored, stored, 0L), (result.FetchedBytes, result.WrittenBytes, result.ZeroedBytes));
        Assert.Equal(2, result.Passes);
        Assert.Equal(1, result.Connections);
        Assert.True(result.Source.Consistent);
        Assert.Equal((Size, "disk-1", 512), (result.Source.SizeBytes, result.Source.Identity, result.Source.LogicalBlockBytes));
        Assert.True(target.Flushes >= 1);
    }

    [Fact]
    public async Task Only_what_differs_is_fetched_and_what_is_zero_in_the_image_is_made_zero()
    {
        byte[] content = RestoreRig.Sparse(Size, 2);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(Size);
        content.CopyTo(target.Content, 0);
        target.Content[5000] ^= 1;                      // one unit of data
        target.Content.AsSpan((2 << 20) + 8192, 12288).Fill(3); // three more
        target.Content[(1 << 20) + 77] = 9;             // in a chunk that is zero
        target.Content[^1] ^= 1;                        // the short unit at the end
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.Equal(content, target.Content);
        Assert.Equal(4 * 4096 + 512, result.FetchedBytes);
        Assert.Equal(1 << 20, result.ZeroedBytes);
    }

    [Fact]
    public async Task An_image_of_zeroes_makes_the_target_zero_and_needs_no_second_proof_of_it()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(new byte[Size]);
        var target = new FakeTarget(Size);
        target.Content.AsSpan().Fill(7);
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.False(target.Content.AsSpan().ContainsAnyExcept((byte)0));
        Assert.Equal((0L, (long)Size, 2), (result.FetchedBytes, result.ZeroedBytes, result.Passes));
        Assert.Equal(1, (await rig.RestoreAsync(target)).Passes);
    }

    [Fact]
    public async Task A_target_that_is_the_image_already_is_only_compared()
    {
        byte[] content = RestoreRig.Sparse(Size, 3);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(Size);
        content.CopyTo(target.Content, 0);
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.Equal((0L, 0L, 1), (result.FetchedBytes, target.Written, result.Passes));
        Assert.True(rig.BytesReceived < 16384, $"{rig.BytesReceived} bytes received");
    }

    [Fact]
    public async Task The_image_may_be_the_beginning_of_a_larger_disk_whose_rest_stays()
    {
        byte[] content = RestoreRig.Sparse(Size, 4);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(Size + (3 << 20));
        target.Content.AsSpan(Size).Fill(0x55);
        await rig.RestoreAsync(target);
        Assert.Equal(content, target.Content[..Size]);
        Assert.All(target.Content[Size..], b => Assert.Equal(0x55, b));
    }

    [Fact]
    public async Task A_target_that_is_too_small_is_refused_and_nothing_is_written()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(RestoreRig.Sparse(Size, 5));
        var target = new FakeTarget(Size - 512);
        RestoreException e = await Assert.ThrowsAsync<RestoreException>(() => rig.RestoreAsync(target));
        Assert.Contains("large enough", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, target.Written + target.Zeroed);
    }

    [Fact]
    public async Task A_restore_that_breaks_ten_times_moves_little_more_than_what_differs()
    {
        const int size = 48 << 20;
        byte[] content = ServerFixture.Random(size, 6);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var random = new Random(6);
        for (int i = 0; i < 10; i++) rig.Cuts.Enqueue(random.Next(1 << 20, 5 << 20));
        var target = new FakeTarget(size) { Wrote = _ => rig.CutIfDue() };
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.Equal(content, target.Content);
        Assert.Equal(11, result.Connections);
        // Everything that came over the wire counts, also what was cut off in the middle.
        Assert.True(rig.BytesReceived <= 1.2 * size, $"{rig.BytesReceived} bytes were received of {size} that differ");
    }

    [Fact]
    public async Task A_restore_that_was_ended_goes_on_where_it_was_when_it_is_begun_again()
    {
        const int size = 24 << 20;
        byte[] content = ServerFixture.Random(size, 7);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(size);
        long fetched = 0;
        for (int i = 0; i < 3; i++)
        {
            using var end = new CancellationTokenSource();
            long before = target.Written;
            target.Wrote = written => { if (written - before > 3 << 20) end.Cancel(); };
            var run = new RestoreRun(rig.Options, rig.ConnectAsync, target);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.RunAsync(null, end.Token));
            Assert.Equal(0, target.UnderWay);
            fetched = target.Written;
        }
        target.Wrote = null;
        RestoreResult last = await rig.RestoreAsync(target);
        Assert.Equal(content, target.Content);
        Assert.Equal(size, fetched + last.FetchedBytes);
    }

    [Fact]
    public async Task The_mirror_goes_on_while_a_restore_reads()
    {
        byte[] content = ServerFixture.Random(8 << 20, 8);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        await using RestoreConnection connection = await rig.OpenAsync();
        await rig.Mirror.WriteAsync(0, ServerFixture.Random(4096, 9));
        await rig.Mirror.MarkAsync(2, consistent: true);
        await rig.Mirror.CommittedAsync(2);
        byte[] fetched = new byte[4096];
        await connection.FetchAsync(1 << 20, fetched, CancellationToken.None);
        Assert.Equal(content[(1 << 20)..((1 << 20) + 4096)], fetched);
        await rig.Mirror.MarkAsync(3, consistent: true);
        await rig.Mirror.CommittedAsync(3);
        Assert.Equal(1, rig.Server.Status().Connections);
    }

    [Fact]
    public async Task No_more_restores_than_allowed_read_a_volume_and_a_place_is_free_again_afterwards()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(new byte[Size], new VolumeLimits { RestoresAtOnce = 2 });
        await using RestoreConnection one = await rig.OpenAsync();
        RestoreConnection two = await rig.OpenAsync();
        RestoreRefusedException refused = await Assert.ThrowsAsync<RestoreRefusedException>(rig.OpenAsync);
        Assert.Contains("as many restores", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsFinal);
        await two.DisposeAsync();
        await Waiting.UntilAsync(() => rig.Server.Server.RestoresUnderWay(RestoreRig.Volume) == 1);
        await using RestoreConnection three = await rig.OpenAsync();
    }

    [Theory]
    [InlineData("other", "", "there is none of this name")]
    [InlineData(RestoreRig.Volume, "no-such", "no snapshot 'no-such'. There are s7, s6, s5, s4, s3 and 2 older ones")]
    public async Task What_is_not_there_is_said_at_once(string volume, string snapshot, string words)
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(new byte[Size]);
        for (int i = 1; i <= 7; i++) await ((IHistoryRole)rig.Server.Server.Volumes.Single()).NewSnapshotAsync($"s{i}", default);
        rig.Options = rig.Options with { Volume = volume, Snapshot = snapshot };
        RestoreRefusedException e = await Assert.ThrowsAsync<RestoreRefusedException>(() => rig.RestoreAsync(new FakeTarget(Size)));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Equal((snapshot.Length > 0, true), (e.IsSnapshotMissing, e.IsFinal));
        Assert.DoesNotContain(rig.Server.Server.Volumes, v => v.Status.Volume == "other");
    }

    [Fact]
    public async Task A_snapshot_of_the_disk_before_comes_with_that_disk_s_blocks_and_name()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(ServerFixture.Random(Size, 12));
        TestClient other = await rig.Server.ConnectAsync(RestoreRig.Volume);
        await other.IdentifyAsync(TestClient.Identity(Size, "disk-2", IdentifyFlags.AdoptAndReplace) with { LogicalBlockBytes = 4096 });
        string kept = Assert.Single((await ((IHistoryRole)rig.Server.Server.Volumes.Single()).SnapshotsAsync(default)).Snapshots).Name;
        rig.Options = rig.Options with { Snapshot = kept };
        var target = new FakeTarget(Size);
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.Equal(("disk-1", 512), (result.Source.Identity, result.Source.LogicalBlockBytes));
        Assert.Equal(rig.Content, target.Content);
    }

    [Fact]
    public async Task An_image_that_was_never_consistent_is_only_given_when_asked_for_as_it_is()
    {
        byte[] content = ServerFixture.Random(Size, 10);
        await using RestoreRig rig = await RestoreRig.StartAsync(content, consistent: false);
        var target = new FakeTarget(Size);
        RestoreRefusedException e = await Assert.ThrowsAsync<RestoreRefusedException>(() => rig.RestoreAsync(target));
        Assert.Contains("--as-it-is", e.Message, StringComparison.Ordinal);
        rig.Options = rig.Options with { AsItIs = true };
        RestoreResult result = await rig.RestoreAsync(target);
        Assert.False(result.Source.Consistent);
        Assert.Equal(content, target.Content);
    }

    [Fact]
    public async Task A_server_that_stops_and_comes_back_is_waited_for()
    {
        byte[] content = ServerFixture.Random(8 << 20, 11);
        await using RestoreRig rig = await RestoreRig.StartAsync(content, new VolumeLimits { RestoresAtOnce = 1, BusyRetrySeconds = 0 });
        RestoreConnection blocking = await rig.OpenAsync();
        var target = new FakeTarget(8 << 20);
        Task<RestoreResult> restore = rig.RestoreAsync(target);
        await Task.Delay(100);
        Assert.False(restore.IsCompleted);
        await blocking.DisposeAsync();
        await restore;
        Assert.Equal(content, target.Content);
    }

    [Fact]
    public async Task A_target_that_fails_ends_the_restore_with_its_own_words_and_nothing_under_way()
    {
        byte[] content = ServerFixture.Random(8 << 20, 12);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        var target = new FakeTarget(8 << 20) { FailsAfter = 3 << 20 };
        TargetException e = await Assert.ThrowsAsync<TargetException>(() => rig.RestoreAsync(target));
        Assert.Contains("/fake/target", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, target.UnderWay);
    }

    [Fact]
    public async Task A_target_that_forgets_what_is_written_is_found_out()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(ServerFixture.Random(2 << 20, 13));
        RestoreException e = await Assert.ThrowsAsync<RestoreException>(() => rig.RestoreAsync(new FakeTarget(2 << 20) { Forgets = true }));
        Assert.Contains("still differ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MessageType.Write)]
    [InlineData(MessageType.Zero)]
    [InlineData(MessageType.Mark)]
    [InlineData(MessageType.ScanBegin)]
    [InlineData(MessageType.Identify)]
    public async Task A_client_with_the_right_to_restore_can_change_nothing(MessageType message)
    {
        byte[] content = ServerFixture.Random(2 << 20, 14);
        await using RestoreRig rig = await RestoreRig.StartAsync(content);
        TestClient client = await rig.Server.ConnectAsync(RestoreRig.Volume, Mirror.Core.Security.MirrorRight.Restore);
        await client.SendAsync(new RestoreBeginMessage(RestoreBeginFlags.None, ""));
        await client.ExpectAsync<RestoreViewMessage>();
        switch (message)
        {
            case MessageType.Write: await client.WriteAsync(0, new byte[4096]); break;
            case MessageType.Zero: await client.ZeroAsync(0, 4096); break;
            case MessageType.Mark: await client.MarkAsync(9); break;
            case MessageType.ScanBegin: await client.SendAsync(new ScanBeginMessage(ScanBeginFlags.None)); break;
            default: await client.SendAsync(TestClient.Identity(2 << 20)); break;
        }
        await client.ExpectRefusedAsync(RefusalCode.BadRequest);
        Assert.Equal(content, rig.Server.Content(RestoreRig.Volume).ToArray());
        await rig.Mirror.MarkAsync(2, consistent: true);
        await rig.Mirror.CommittedAsync(2);
    }

    [Fact]
    public async Task A_client_with_the_right_to_mirror_cannot_read_the_image()
    {
        await using RestoreRig rig = await RestoreRig.StartAsync(new byte[Size]);
        TestClient client = await rig.Server.ConnectAsync(RestoreRig.Volume);
        await client.SendAsync(new RestoreBeginMessage(RestoreBeginFlags.None, ""));
        await client.ExpectRefusedAsync(RefusalCode.BadRequest);
        await rig.Mirror.SendAsync(new FetchMessage(0, 4096));
        await rig.Mirror.ExpectRefusedAsync(RefusalCode.BadRequest);
    }
}
