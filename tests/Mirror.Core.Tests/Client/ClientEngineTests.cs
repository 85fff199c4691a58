using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Taps;

namespace Mirror.Core.Tests.Client;

public sealed class ClientEngineTests
{
    [Fact]
    public async Task A_quiet_disk_is_copied_and_reaches_Live()
    {
        await using var rig = new EngineRig();
        new Random(5).NextBytes(new byte[1]);
        Fill(rig, 5);
        rig.Start();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(MirrorState.Live, rig.Client.Status.State);
        Assert.True(rig.Client.Status.Consistent);
        Assert.Equal(1, rig.Client.Status.Scans);
    }

    [Fact]
    public async Task A_write_during_the_scan_reaches_the_image()
    {
        await using var rig = new EngineRig(32 << 20);
        Fill(rig, 6);
        rig.Start();
        using (new FakeWriter(rig.Disk, 7, TimeSpan.FromMilliseconds(1)))
        {
            await rig.WaitForAsync(s => s.State == MirrorState.Live, "Live");
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task A_stalled_server_lowers_the_rate_step_by_step_and_costs_no_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitIdleAsync();
        Assert.Equal(TapRate.Hi, rig.Client.Status.Rate);
        rig.Server.Stall();
        using (new FakeWriter(rig.Disk, 8))
        {
            await rig.WaitForAsync(s => s.Rate == TapRate.Off, "Off");
        }
        rig.Server.Go();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
        Assert.Equal(TapRate.Hi, rig.Client.Status.Rate);
        Assert.True(rig.Client.Status.OffEpisodes >= 1);
    }

    /// <summary>The rate falls to Off within a request: the ring has its beginning and will never have its end.</summary>
    [Fact]
    public async Task A_mark_does_not_wait_for_the_rest_of_a_request_that_was_not_delivered()
    {
        await using var rig = new EngineRig();
        var consistent = new System.Collections.Concurrent.ConcurrentBag<(byte First, byte Last)>();
        rig.Server.OnConsistent = image => consistent.Add((image[0], image[8191]));
        rig.Start();
        await rig.WaitIdleAsync();
        var written = new TaskCompletionSource();
        rig.Tap.Flipped = () =>
        {
            rig.Tap.Flipped = null;
            rig.Kernel.DataLimit = 1;
            rig.Kernel.RecordLimit = 0;
            rig.Disk.Write(0, Enumerable.Repeat((byte)0x55, 8192).ToArray());
            rig.Kernel.DataLimit = 1 << 20;
            rig.Kernel.RecordLimit = 256;
            written.SetResult();
        };
        rig.Disk.Write(1 << 20, new byte[512]);     // makes a mark due
        await written.Task.WaitAsync(EngineRig.Deadline);
        Assert.Equal(1, rig.Client.Status.OffEpisodes);
        await rig.Client.WaitIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
        Assert.All(consistent, mark => Assert.Equal(mark.First, mark.Last));
        Assert.Contains(((byte)0x55, (byte)0x55), consistent);
    }

    [Fact]
    public async Task Cut_connections_under_load_end_identical_without_a_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitForAsync(s => s.State == MirrorState.Live, "Live");
        using (new FakeWriter(rig.Disk, 9, TimeSpan.FromMilliseconds(1)))
        {
            var random = new Random(9);
            for (int i = 0; i < 30; i++)
            {
                await Task.Delay(random.Next(60));
                int before = rig.Server.Connections;
                rig.Server.Cut();
                await rig.WaitForAsync(s => rig.Server.Connections > before, "connected again");
            }
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task A_server_that_loses_power_under_load_ends_identical_without_a_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitForAsync(s => s.State == MirrorState.Live, "Live");
        using (new FakeWriter(rig.Disk, 10, TimeSpan.FromMilliseconds(1)))
        {
            var random = new Random(10);
            for (int i = 0; i < 30; i++)
            {
                await Task.Delay(random.Next(80));
                int before = rig.Server.Connections;
                rig.Server.LosePower();
                await rig.WaitForAsync(s => rig.Server.Connections > before, "connected again");
            }
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task Hidden_completions_are_holes_that_heal_without_a_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitIdleAsync();
        rig.Kernel.HideCompletions = 100;
        using (var writer = new FakeWriter(rig.Disk, 11, TimeSpan.FromMilliseconds(1)))
        {
            await rig.WaitForAsync(_ => writer.Writes > 3000, "3000 writes");
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.True(rig.Client.Status.Holes > 0);
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task Hidden_completions_are_lost_when_the_sums_are_ignored()
    {
        // The control: the test above is able to fail.
        await using var rig = new EngineRig();
        rig.Options = rig.Options with { IgnoreSums = true };
        rig.Start();
        await rig.WaitIdleAsync();
        rig.Kernel.HideCompletions = 100;
        using (var writer = new FakeWriter(rig.Disk, 11, TimeSpan.FromMilliseconds(1)))
        {
            await rig.WaitForAsync(_ => writer.Writes > 3000, "3000 writes");
        }
        await rig.WaitIdleAsync();
        Assert.NotEqual(rig.Disk.Snapshot(), rig.Server.Durable());
    }

    [Fact]
    public async Task Hidden_issues_and_completions_lead_to_a_scan_by_itself()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitIdleAsync();
        rig.Kernel.HideCompletions = 50;
        rig.Kernel.HideIssues = 50;
        using (var writer = new FakeWriter(rig.Disk, 12, TimeSpan.FromMilliseconds(1)))
        {
            await rig.WaitForAsync(_ => writer.Writes > 1000, "1000 writes");
        }
        rig.Kernel.HideCompletions = rig.Kernel.HideIssues = 0;
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.True(rig.Server.Scans > 1);
    }

    [Fact]
    public async Task A_client_that_stops_with_tracking_resumes_without_a_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitIdleAsync();
        await rig.StopAsync();
        rig.Disk.Write(123 * 512, new byte[3 * 512].Select(_ => (byte)7).ToArray());
        rig.Start(continued: true);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task A_lost_answer_to_a_mark_and_then_a_lost_mark_cost_no_scan()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.WaitIdleAsync();
        int before = rig.Server.Connections;
        rig.Server.BrokenMarks.Enqueue(true);
        rig.Server.BrokenMarks.Enqueue(false);
        rig.Disk.Write(0, new byte[] { 1, 2, 3 });
        await rig.WaitForAsync(_ => rig.Server.Connections == before + 2, "connected twice more");
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task A_granule_that_is_written_all_the_time_does_not_keep_the_mirror_from_Live()
    {
        await using var rig = new EngineRig();
        Fill(rig, 21);
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(15);
        rig.Disk.EvenlySlow = true;
        rig.Start();
        var data = new byte[4096];
        DateTime end = DateTime.UtcNow + EngineRig.Deadline;
        for (int i = 0; rig.Client.Status.State != MirrorState.Live && DateTime.UtcNow < end; i++)
        {
            data.AsSpan().Fill((byte)i);
            rig.Disk.Write(64 << 10, data);
            await Task.Delay(1);
        }
        Assert.Equal(MirrorState.Live, rig.Client.Status.State);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [Fact]
    public async Task A_client_killed_anywhere_ends_identical_and_does_not_scan_again_after_its_first_scan()
    {
        await using var rig = new EngineRig(4 << 20);
        Fill(rig, 13);
        rig.Start();
        await rig.WaitIdleAsync();
        var random = new Random(13);
        using (new FakeWriter(rig.Disk, 13, TimeSpan.FromMilliseconds(1)))
        {
            for (int i = 0; i < 60; i++)
            {
                rig.Tap.CrashAfterCalls = random.Next(400);
                await Assert.ThrowsAsync<Mirror.Core.Fakes.FakeCrashException>(() => rig.Running.WaitAsync(EngineRig.Deadline));
                if (random.Next(3) == 0) rig.Server.LosePower();
                rig.Start(continued: true);
            }
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
    }

    [Fact]
    public async Task A_scan_that_is_broken_off_goes_on_where_it_was()
    {
        await using var rig = new EngineRig(64 << 20);
        Fill(rig, 14);
        rig.Options = rig.Options with { ReadLimit = 40 << 20 };
        rig.Start();
        for (int i = 0; i < 4; i++)
        {
            long from = rig.Client.Status.ScannedBytes;
            await rig.WaitForAsync(s => s.ScannedBytes >= from + (4 << 20) && s.CommittedMark > 0, "a part scanned");
            int before = rig.Server.Connections;
            rig.Server.Cut();
            await rig.WaitForAsync(s => rig.Server.Connections > before, "connected again");
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);
        Assert.True(rig.Disk.BytesRead < 3 * rig.Disk.SizeBytes, $"{rig.Disk.BytesRead} bytes were read of a disk of {rig.Disk.SizeBytes}");
    }

    [Fact]
    public async Task A_server_with_another_history_is_scanned()
    {
        await using var rig = new EngineRig();
        Fill(rig, 15);
        rig.Start();
        await rig.WaitIdleAsync();
        rig.Server.ForgetIncarnation();
        await rig.WaitForAsync(_ => rig.Server.Scans == 2, "scanned again");
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [Fact]
    public async Task Every_consistent_mark_is_an_instant_of_the_disk()
    {
        await using var rig = new EngineRig(2 << 20);
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(30);
        var history = new HashSet<string>();
        int marks = 0;
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        rig.Server.OnConsistent = image =>
        {
            seen.Add(Digest(image));
            Interlocked.Increment(ref marks);
        };
        history.Add(Digest(rig.Disk.Snapshot()));
        rig.Start();
        var random = new Random(16);
        var data = new byte[4096];
        DateTime end = DateTime.UtcNow + EngineRig.Deadline;
        while (Volatile.Read(ref marks) < 8 && DateTime.UtcNow < end)
        {
            for (int i = 0; i < 20; i++)
            {
                random.NextBytes(data);
                if (random.Next(400) == 0) rig.Disk.Discard(random.Next(511) * 4096, 8192); // read back while the state stays Live
                else rig.Disk.Write(random.Next(512) * 4096, data);
                history.Add(Digest(rig.Disk.Snapshot()));
            }
            if (random.Next(200) == 0) rig.Server.Cut();
            await Task.Delay(2);
        }
        string status = rig.Client.Status.ToString();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.True(marks >= 8, $"only {marks} consistent marks: {status}");
        Assert.All(seen, image => Assert.Contains(image, history));
    }

    [Theory]
    [InlineData(2 << 20, 1, 60, 0)]     // reads take longer than an interval
    [InlineData(2 << 20, 1, 0, 60)]     // commits do
    [InlineData(16 << 20, 16, 30, 0)]   // the writer dirties more than can be read meanwhile
    public async Task A_slow_disk_or_server_does_not_keep_it_from_live(int bytes, int writesAtOnce, int readMilliseconds, int commitMilliseconds)
    {
        await using var rig = new EngineRig(bytes);
        rig.Options = rig.Options with { MarkInterval = TimeSpan.FromMilliseconds(20) };
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(readMilliseconds);
        rig.Disk.EvenlySlow = true;
        rig.Server.CommitTime = TimeSpan.FromMilliseconds(commitMilliseconds);
        rig.Kernel.DataLimit = 16 << 20;
        using var stop = new CancellationTokenSource();
        Task writer = WriteAsync(rig.Disk, writesAtOnce, stop.Token);
        rig.Start();
        await rig.WaitForAsync(s => s.State == MirrorState.Live, "Live");
        rig.Server.Cut();
        await rig.WaitForAsync(s => s.State != MirrorState.Live, "cut");
        for (int at = 0; at < bytes; at += 8192) rig.Disk.Write(at, new byte[4096]);
        await rig.WaitForAsync(s => s.State == MirrorState.Live, "Live after a cut");
        await stop.CancelAsync();
        await writer;
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Server.Scans);

        static async Task WriteAsync(FakeDisk disk, int atOnce, CancellationToken cancellation)
        {
            var random = new Random(3);
            var data = new byte[4096];
            while (!cancellation.IsCancellationRequested)
            {
                for (int i = 0; i < atOnce; i++)
                {
                    random.NextBytes(data);
                    disk.Write(random.Next((int)disk.SizeBytes / 4096) * 4096, data);
                }
                await Task.Delay(2, CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task Where_no_writes_are_seen_who_waits_for_idle_gets_a_scan_at_once_and_each_scan_serves_all_who_wait()
    {
        await using var rig = new EngineRig();
        rig.Options = rig.Options with { RescanInterval = TimeSpan.FromHours(1) };
        rig.StartRescanOnly();
        await rig.WaitForAsync(s => s.State == Mirror.Core.Control.MirrorState.Live, "Live");
        Fill(rig, 18);
        await Task.WhenAll(rig.WaitIdleAsync(), rig.WaitIdleAsync());
        rig.AssertIdentical();
        Assert.InRange(rig.Server.Scans, 2, 3);     // the second of the two may come while the first one's scan runs
        int scans = rig.Server.Scans;
        await rig.WaitForAsync(s => s.State == Mirror.Core.Control.MirrorState.Live, "Live");
        Assert.Equal(scans, rig.Server.Scans);
    }

    [Fact]
    public async Task A_blank_disk_does_not_wipe_the_only_copy()
    {
        await using var rig = new EngineRig();
        var content = new byte[rig.Disk.SizeBytes];
        new Random(17).NextBytes(content);
        await using var server = new Mirror.Core.Fakes.ModelServer((int)rig.Disk.SizeBytes, 17, hasBeenConsistent: true);
        server.Seed(content);
        await using var other = new EngineRig(rig.Disk, rig.Kernel, server);
        other.Start();
        await other.WaitForAsync(s => s.Needs is not null, "asking for a decision");
        Assert.Equal(content, server.Image());
        Assert.Contains("--replace", other.Client.Status.Needs);
        await other.Client.AdoptAsync(replace: true, CancellationToken.None);
        await other.WaitIdleAsync();
        other.AssertIdentical();
    }

    [Fact]
    public async Task Where_everything_differed_and_then_little_does_a_scan_stops_sending_whole_chunks()
    {
        const int MiB = 1 << 20, Size = 256 * MiB, Changed = 96 * MiB;
        await using var rig = new EngineRig(Size);
        byte[] content = new byte[Size];
        new Random(21).NextBytes(content);
        rig.Disk.Slowness = TimeSpan.Zero;
        rig.Disk.Tap = null;    // written before there was a tap
        rig.Disk.Write(0, content);
        rig.Disk.Tap = rig.Kernel;
        // The image: all of the first part is another, and one byte of each MiB after it.
        for (int i = 0; i < Changed; i++) content[i] ^= 0xff;
        for (int chunk = Changed; chunk < Size; chunk += MiB) content[chunk + 5000] ^= 1;
        rig.Server.Seed(content);
        rig.Start();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        // Sent whole up to the next look at it (the chunk at 128 MiB) and what was under way by then.
        Assert.InRange(rig.Server.BytesWritten, Changed, 200L * MiB);
    }

    private static string Digest(byte[] content) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content));

    private static void Fill(EngineRig rig, int seed)
    {
        var content = new byte[rig.Disk.SizeBytes / 2];
        new Random(seed).NextBytes(content);
        rig.Disk.Write(0, content);
    }
}
