using System.Globalization;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests;

/// <summary>Ends that stop and start again, disks that grow and fail, under load.</summary>
public sealed class InterruptionTests
{
    [SkippableFact]
    public async Task A_server_that_restarts_under_load_is_caught_up_with_without_a_scan()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 256 << 20);
        Requirements.NeedTap(disk.Path);
        // Full, so that what changes between two starts is less than a fifth of it.
        Shell.Script($"head -c 256M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        await using var rig = new MirrorRig(disk.Path, directory.Path);
        await rig.StartServerAsync();
        using var load = new Load(disk.Path);
        rig.StartClient();
        await rig.WaitLiveAsync();
        for (int i = 0; i < 4; i++)
        {
            await rig.StopServerAsync();
            await rig.WaitForAsync(s => s.State == MirrorState.NoConn, "NoConn");
            await load.WriteMoreAsync();
            await rig.StartServerAsync();
            rig.Client.RetryNow(); // it was told to wait, when the server stopped
            await rig.WaitForAsync(s => s.State is MirrorState.CatchUp or MirrorState.Live, "connected again");
            // Not always Live: a server can go away while it is being caught up with.
            if (i % 2 == 0) await rig.WaitLiveAsync();
        }
        await rig.WaitLiveAsync();
        load.Stop();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(1, rig.Status.Scans);
        Assert.True(rig.Status.Connections >= 5);
    }

    [SkippableFact]
    public async Task A_client_that_restarts_under_load_resumes_when_tracking_was_kept_and_scans_when_not()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 256 << 20);
        Requirements.NeedTap(disk.Path);
        // Full, so that what changes between two starts is less than a fifth of it.
        Shell.Script($"head -c 256M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        await using var rig = new MirrorRig(disk.Path, directory.Path);
        await rig.StartServerAsync();
        using var load = new Load(disk.Path);
        rig.StartClient();
        await rig.WaitLiveAsync();
        for (int i = 0; i < 3; i++)
        {
            await rig.StopClientAsync(keepTracking: true);
            await load.WriteMoreAsync();
            rig.StartClient();
            Assert.True(rig.Tap.Description.Continued);
            await rig.WaitLiveAsync();
            Assert.Equal(0, rig.Status.Scans);
        }
        // Twice at once: what an interrupted catch-up has not sent is still known.
        for (int i = 0; i < 2; i++)
        {
            await rig.StopClientAsync(keepTracking: true);
            await load.WriteMoreAsync();
            rig.StartClient();
            await rig.WaitForAsync(s => s.State is MirrorState.CatchUp or MirrorState.Live, "connected again");
        }
        await rig.WaitLiveAsync();
        Assert.Equal(0, rig.Status.Scans);
        load.Pause();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();

        load.Resume();
        await rig.StopClientAsync(keepTracking: false);
        await load.WriteMoreAsync();
        rig.StartClient();
        Assert.False(rig.Tap.Description.Continued);
        await rig.WaitLiveAsync();
        Assert.Equal(1, rig.Status.Scans);
        load.Stop();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [SkippableFact]
    public async Task A_client_that_stops_in_the_middle_of_its_scan_goes_on_where_it_was()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 256 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c 256M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        await using var rig = new MirrorRig(disk.Path, directory.Path) { Options = o => o with { ReadLimit = 40 << 20, MarkInterval = TimeSpan.FromMilliseconds(200) } };
        await rig.StartServerAsync();
        using var load = new Load(disk.Path);
        rig.StartClient();
        await rig.WaitForAsync(s => s.ScannedBytes > 120 << 20, "in the middle of the scan");
        Assert.Equal(MirrorState.Scanning, rig.Status.State);
        await rig.StopClientAsync(keepTracking: true);
        await load.WriteMoreAsync();
        rig.StartClient();
        await rig.WaitForAsync(s => s.ScannedBytes > 0, "scanning again");
        Assert.True(rig.Status.ScannedBytes > 80 << 20, $"The scan began again: {rig.Status}");
        await rig.WaitLiveAsync();
        load.Stop();
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Equal(0, rig.Status.Scans);
    }

    [SkippableFact]
    public async Task A_disk_that_cannot_be_read_is_named_and_followed_again_when_it_can()
    {
        Requirements.Need();
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, 128 << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c 40M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        // A loop device whose file has lost its end fails to read there.
        Shell.Run("truncate", "-s", $"{64 << 20}", disk.BackingFile);
        await using var rig = new MirrorRig(disk.Path, directory.Path);
        await rig.StartServerAsync();
        rig.StartClient();
        await rig.WaitForAsync(s => s.LastError is not null, "failing");
        string error = rig.Status.LastError!;
        Assert.Contains(disk.Path, error, StringComparison.Ordinal);
        Assert.Contains("EIO", error, StringComparison.Ordinal);
        Assert.NotEqual(MirrorState.Live, rig.Status.State);

        Shell.Run("truncate", "-s", $"{128 << 20}", disk.BackingFile);
        await rig.WaitLiveAsync();
        Shell.Script($"head -c 4M /dev/urandom | dd of='{disk.Path}' bs=1M seek=90 iflag=fullblock oflag=direct status=none");
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        Assert.Null(rig.Status.LastError);
        Assert.Equal(1, rig.Status.Scans);
    }

    /// <summary>A writer that goes on until it is stopped.</summary>
    private sealed class Load : IDisposable
    {
        private readonly string _disk;
        private CancellationTokenSource _stop = new();
        private Task _writing = Task.CompletedTask;

        public Load(string disk)
        {
            _disk = disk;
            Resume();
        }

        public void Resume()
        {
            _stop = new CancellationTokenSource();
            CancellationToken stop = _stop.Token;
            _writing = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Shell.Script($"fio --name=load --filename={_disk} --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite --bsrange=4k-64k --size=256m --io_size=12m --rate=40m --refill_buffers --randrepeat=0 --serialize_overlap=1 --output=/dev/null");
                }
            }, CancellationToken.None);
        }

        /// <summary>Waits until a few more MiB were written.</summary>
        public async Task WriteMoreAsync()
        {
            long wanted = Written() + (6 << 11);
            while (Written() < wanted)
            {
                if (_writing.IsCompleted) await _writing;
                await Task.Delay(10);
            }
        }

        public void Pause()
        {
            _stop.Cancel();
            _writing.GetAwaiter().GetResult();
        }

        public void Stop() => Pause();

        public void Dispose()
        {
            _stop.Cancel();
            try
            {
                _writing.GetAwaiter().GetResult();
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine(e.Message);
            }
            _stop.Dispose();
        }

        private long Written() => long.Parse(File.ReadAllText($"/sys/block/{Path.GetFileName(_disk)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6], CultureInfo.InvariantCulture);
    }
}
