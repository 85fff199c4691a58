using Mirror.Core.Client;
using Mirror.Core.Control;

namespace Mirror.Core.Tests.Client;

/// <summary>Disk and image compared while the mirror is Live: what differs is found, and nothing else is called different, however much is written meanwhile.</summary>
public sealed class VerifyTests
{
    private const int Size = 8 << 20;
    private const int Quiet = 5 << 20;      // nobody writes from here on
    private static readonly TimeSpan Deadline = EngineRig.Deadline;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Flipped_bytes_are_reported_exactly_and_nothing_else_under_a_writing_load(int seed)
    {
        await using EngineRig rig = await LiveAsync(seed);
        using var load = new Load(rig, seed, Quiet);
        rig.Server.Flip(Quiet);
        rig.Server.Flip(Quiet + 4095);
        rig.Server.Flip(Quiet + (1 << 20) + 8192);
        rig.Server.Flip(Quiet + (1 << 20) + 12288);
        rig.Server.Flip(Size - 1);
        ulong mark = (ulong)rig.Client.Status.CommittedMark;
        VerifyResult result = await VerifyAsync(rig, new VerifyRequest(4 << 20));
        Assert.Equal([new VerifyRange(Quiet, 4096), new VerifyRange(Quiet + (1 << 20) + 8192, 8192), new VerifyRange(Size - 4096, 4096)], result.Ranges);
        Assert.Equal((16384, 0L), (result.DifferingBytes, result.RepairedBytes));
        MirrorStatus after = rig.Client.Status;
        Assert.Equal((MirrorState.Live, 1L, 1L), (after.State, after.Connections, after.Scans));
        Assert.True((ulong)after.CommittedMark > mark + 5 && after.Consistent, $"marks went on: {after}");
        Assert.Equal(16384, after.LastVerify!.DifferingBytes);
        Assert.Null(after.Verify);
    }

    [Fact]
    public async Task Nothing_is_called_different_where_everything_is_written_all_the_time()
    {
        await using EngineRig rig = await LiveAsync(3);
        // A read that takes long, and sees the disk at some moment in between, is out of date where there is writing.
        rig.Disk.Slowness = TimeSpan.FromMilliseconds(4);
        rig.Disk.EvenlySlow = true;
        using var load = new Load(rig, 3, Size);
        using var hot = new Load(rig, 4, 64 << 10);     // sixteen granules, over and over
        VerifyResult result = await VerifyAsync(rig, new VerifyRequest());
        Assert.Equal((0, 0L), (result.Ranges.Count, result.DifferingBytes));
        Assert.True(result.ComparedBytes + result.BusyBytes == Size && result.ComparedBytes > Size / 2, $"{result}");
    }

    [Fact]
    public async Task A_repair_sends_what_differs_and_the_image_is_the_disk_again()
    {
        await using EngineRig rig = await LiveAsync(5);
        using (var load = new Load(rig, 5, Quiet))
        {
            for (int i = 0; i < 50; i++) rig.Server.Flip(Quiet + i * 40_000);
            VerifyResult result = await VerifyAsync(rig, new VerifyRequest(Repair: true));
            Assert.Equal(50 * 4096, result.DifferingBytes);
            Assert.Equal(result.DifferingBytes, result.RepairedBytes);
            // What it calls repaired is on the server's stable storage.
            Assert.Equal(rig.Disk.Snapshot()[Quiet..], rig.Server.Durable()[Quiet..]);
            Assert.Equal((MirrorState.Live, 1L), (rig.Client.Status.State, rig.Client.Status.Connections));
        }
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(0, (await VerifyAsync(rig, new VerifyRequest())).DifferingBytes);
    }

    [Fact]
    public async Task A_verify_outlives_the_connection_and_what_was_seen_on_the_old_one_counts_no_more()
    {
        await using EngineRig rig = await LiveAsync(6);
        using var load = new Load(rig, 6, Quiet);
        rig.Server.Flip(Size - 1);
        Task<VerifyResult> verify = VerifyAsync(rig, new VerifyRequest(2 << 20));
        for (int i = 0; i < 4; i++)
        {
            long connections = rig.Client.Status.Connections;
            await rig.WaitForAsync(s => s.Verify is { PositionBytes: > 0 }, "verifying");
            await Task.Delay(150);
            rig.Server.Cut();
            await rig.WaitForAsync(s => s.Connections > connections && s.State == MirrorState.Live, "Live again");
        }
        VerifyResult result = await verify;
        Assert.Equal([new VerifyRange(Size - 4096, 4096)], result.Ranges);
    }

    [Fact]
    public async Task A_difference_that_the_writer_overwrites_is_none()
    {
        await using EngineRig rig = await LiveAsync(7);
        rig.Server.Flip(0);
        // In doubt from its first chunk on, while seven more are read for some seconds: long enough to be seen on a busy machine.
        Task<VerifyResult> verify = VerifyAsync(rig, new VerifyRequest(2 << 20));
        await rig.WaitForAsync(s => s.Verify is { SuspectBytes: > 0 }, "in doubt");
        rig.Disk.Write(0, new byte[4096]);
        Assert.Equal(0, (await verify).DifferingBytes);
    }

    [Fact]
    public async Task One_verify_at_a_time_and_an_ended_one_makes_room()
    {
        await using EngineRig rig = await LiveAsync(8);
        using var end = new CancellationTokenSource();
        Task<VerifyResult> first = rig.Client.VerifyAsync(new VerifyRequest(1 << 20), end.Token);
        await Assert.ThrowsAsync<MirrorControlException>(() => rig.Client.VerifyAsync(new VerifyRequest(), CancellationToken.None));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(0, (await VerifyAsync(rig, new VerifyRequest())).DifferingBytes);
    }

    [Fact]
    public async Task A_schedule_verifies_by_itself_and_repairs_nothing()
    {
        await using EngineRig rig = await LiveAsync(9, TimeSpan.FromMilliseconds(300));
        await rig.WaitForAsync(s => s.LastVerify is { DifferingBytes: 0 }, "verified by the schedule");
        rig.Server.Flip(Quiet);
        await rig.WaitForAsync(s => s.LastVerify is { DifferingBytes: 4096, RepairedBytes: 0 }, "found by the schedule");
        Assert.NotEqual(rig.Disk.Snapshot()[Quiet], rig.Server.Image()[Quiet]);
    }

    private static async Task<EngineRig> LiveAsync(int seed, TimeSpan schedule = default)
    {
        var rig = new EngineRig(Size, seed);
        rig.Options = rig.Options with { VerifyInterval = schedule };
        byte[] content = new byte[Size];
        new Random(seed).NextBytes(content);
        content.AsSpan(6 << 20, 1 << 20).Clear();
        rig.Disk.Write(0, content);
        rig.Start();
        await rig.WaitIdleAsync();
        return rig;
    }

    private static Task<VerifyResult> VerifyAsync(EngineRig rig, VerifyRequest request) => rig.Client.VerifyAsync(request, CancellationToken.None).WaitAsync(Deadline);

    /// <summary>Writes and zeroes random runs of sectors below a bound, several thousand a second.</summary>
    private sealed class Load : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _running;

        public Load(EngineRig rig, int seed, int below) => _running = Task.Run(async () =>
        {
            var random = new Random(seed);
            byte[] data = new byte[16384];
            while (!_end.IsCancellationRequested)
            {
                for (int i = 0; i < 8; i++)
                {
                    int length = random.Next(1, 33) * 512;
                    int at = random.Next((below - length) / 512) * 512;
                    random.NextBytes(data.AsSpan(0, length));
                    if (random.Next(20) == 0) rig.Disk.WriteZeroes(at, length);
                    else rig.Disk.Write(at, data.AsSpan(0, length));
                }
                await Task.Delay(1);
            }
        });

        public void Dispose()
        {
            _end.Cancel();
            _running.Wait();
        }
    }
}
