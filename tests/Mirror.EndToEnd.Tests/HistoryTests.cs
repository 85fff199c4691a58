using System.Diagnostics;
using System.Globalization;
using Mirror.Core.Control;
using Mirror.Core.Store;
using Mirror.Core.Taps;
using Mirror.Driver.Images;
using Mirror.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests;

/// <summary>The store's history on real file systems that can clone.</summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Piece = 1 << 20;

    /// <summary>How many extents are very many; a million takes 8 GiB of memory and some minutes.</summary>
    private static readonly int Extents = int.Parse(Environment.GetEnvironmentVariable("DISKMIRROR_TEST_EXTENTS") ?? "20000", CultureInfo.InvariantCulture);

    [SkippableTheory]
    [InlineData("xfs", 2)]
    [InlineData("btrfs", 4)]    // each clone has its own list of extents there, and two copies of it are kept
    public void Thirty_snapshots_with_a_hundredth_changed_in_each_take_less_than_a_few_times_what_changed(string fileSystem, int times)
    {
        const int Snapshots = 30;
        long size = long.Parse(Environment.GetEnvironmentVariable("DISKMIRROR_TEST_MIB") ?? "192", CultureInfo.InvariantCulture) << 20;
        int changes = (int)(size / 100 / 4096);
        using var directory = new TempDirectory(memory: true);
        using LoopDisk disk = Mounted(directory, fileSystem, 4L << 30, out string mount);
        using var store = new Opened(mount, size);
        byte[] piece = new byte[Piece];
        var random = new Random(7);
        for (long at = 0; at < size; at += Piece)
        {
            random.NextBytes(piece);
            store.Images.Write(at, piece);
        }
        store.Commit();
        Shell.Run("sync", "-f", mount);
        long before = Used(mount), changed = 0;
        byte[] first = [], last = [];
        for (int i = 0; i < Snapshots; i++)
        {
            using (IConsistentView view = store.Images.OpenConsistent(settled: true, CancellationToken.None)!) store.History.Create(view, $"s{i}", store.Record, TimeProvider.System);
            for (int k = 0; k < changes; k++)
            {
                random.NextBytes(piece.AsSpan(0, 4096));
                store.Images.Write(random.NextInt64(size / 4096) * 4096, piece.AsSpan(0, 4096));
                changed += 4096;
            }
            store.Commit();
            if (i == 0) first = Hash(store.History.Open("s0"));
            if (i == Snapshots - 2) last = Hash(store.History.Open("s0"));
        }
        using (store.Images.OpenConsistent(settled: true, CancellationToken.None)) Shell.Run("sync", "-f", mount);
        IReadOnlyList<SnapshotInfo> all = store.History.List(count: true);
        // The oldest state of each block is in one snapshot only, or shared by those since the change before.
        long grown = Used(mount) - before, unique = all.Sum(s => s.UniqueBytes!.Value);
        output.WriteLine($"{fileSystem}: {Snapshots} snapshots, {changed} bytes changed, {grown} bytes used ({(double)grown / changed:F2}x); unique to one snapshot {unique}; clones {string.Join(' ', all.Select(s => s.CloneMilliseconds))} ms");
        Assert.Equal(Snapshots, all.Count);
        Assert.Equal(first, last);
        Assert.InRange(grown, changed / 2, times * changed);
        Assert.InRange(unique, 1, grown);
        store.History.Remove("s5");
        Assert.Throws<FileNotFoundException>(() => store.History.Open("s5"));
        using IConsistentView held = store.History.Open("s6");
        using IConsistentView heldTwice = store.History.Open("s6");
        Assert.Throws<StoreInUseException>(() => store.History.Remove("s6"));
    }

    [SkippableFact]
    public void A_clone_of_very_many_extents_does_not_hold_up_the_stream()
    {
        int extents = Extents;
        long size = extents * 8192L + (64 << 20);
        using var directory = new TempDirectory(memory: true);
        using LoopDisk disk = Mounted(directory, "xfs", extents * 5000L + (3L << 30), out string mount);
        using var store = new Opened(mount, size);
        byte[] piece = new byte[64 << 10];
        new Random(3).NextBytes(piece);
        for (int i = 0; i < extents; i++) store.Images.Write(i * 8192L, piece.AsSpan(0, 4096));
        store.Commit();
        Task<SnapshotInfo> cloning = Task.Run(() =>
        {
            using IConsistentView view = store.Images.OpenConsistent(settled: true, CancellationToken.None)!;
            return store.History.Create(view, "many", store.Record, TimeProvider.System);
        });
        long worst = 0, written = 0, count = 0, begun = Stopwatch.GetTimestamp();
        while (!cloning.IsCompleted || count < 5)
        {
            for (int i = 0; i < 64; i++, written += piece.Length) store.Images.Write(extents * 8192L + written % (64 << 20), piece);
            long start = Stopwatch.GetTimestamp();
            store.Commit();
            worst = Math.Max(worst, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            count++;
        }
        SnapshotInfo made = cloning.GetAwaiter().GetResult();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        output.WriteLine($"{extents} extents: clone {made.CloneMilliseconds} ms; meanwhile {count} commits of 4 MiB, {written / seconds / 1e6:F0} MB/s, slowest {worst} ms");
        Assert.InRange(worst, 0, 3000);
    }

    [SkippableFact]
    public async Task A_clone_of_very_many_extents_does_not_bring_a_live_client_to_Off()
    {
        const int Head = 64 << 20;      // written to all the time
        int extents = Extents;
        Requirements.Need("fio", "filefrag");
        using var directory = new TempDirectory(memory: true);
        using LoopDisk store = Mounted(directory, "xfs", extents * 5000L + (3L << 30), out string mount);
        using var disk = new LoopDisk(directory.Path, Head + extents * 8192L, "mirrored.img");
        Requirements.NeedTap(disk.Path);
        await using var rig = new MirrorRig(disk.Path, mount);
        await rig.StartServerAsync();
        rig.StartClient();
        await rig.WaitLiveAsync();
        // Every other block, so that each becomes an extent of the image.
        Shell.Run("fio", "--name=w", "--direct=1", "--thread", "--ioengine=libaio", "--iodepth=16", $"--filename={disk.Path}", "--rw=write:4k", "--bs=4k", $"--offset={Head}", "--refill_buffers");
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(5));
        int found = int.Parse(Shell.Script($"filefrag -v {rig.Image} | grep -c '^ *[0-9]*: '"), CultureInfo.InvariantCulture);
        Assert.InRange(found, extents * 9 / 10, int.MaxValue);

        using FioLoad load = FioLoad.Start(disk.Path, 100_000_000, 5, "64k/100", Head);
        await rig.WaitForAsync(s => s.State == MirrorState.Live && s.OldestUncommittedMilliseconds > 0, "Live under load");
        MirrorStatus before = rig.Status;
        long worst = 0;
        var rates = new HashSet<TapRate>();
        Task<SnapshotInfo> cloning = rig.SnapshotAsync("many");
        await rig.WaitForAsync(s =>
        {
            worst = Math.Max(worst, s.OldestUncommittedMilliseconds);
            rates.Add(s.Rate);
            Assert.Equal(MirrorState.Live, s.State);
            return cloning.IsCompleted;
        }, "cloned", TimeSpan.FromMinutes(3));
        SnapshotInfo made = await cloning;
        Assert.True(load.Runs, load.Log);
        load.Dispose();
        output.WriteLine($"{found} extents: clone {made.CloneMilliseconds} ms; oldest uncommitted write meanwhile {worst} ms; rates {string.Join(' ', rates)}");
        Assert.Equal((before.OffEpisodes, before.Scans, before.Connections), (rig.Status.OffEpisodes, rig.Status.Scans, rig.Status.Connections));
        Assert.DoesNotContain(TapRate.Off, rates);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [SkippableFact]
    public void Where_files_cannot_be_cloned_the_error_names_the_way_out()
    {
        using var directory = new TempDirectory(memory: true);
        using LoopDisk disk = Mounted(directory, "ext4", 256L << 20, out string mount);
        using var store = new Opened(mount, 16 << 20);
        store.Commit();
        using IConsistentView view = store.Images.OpenConsistent(settled: true, CancellationToken.None)!;
        var e = Assert.Throws<CloneUnsupportedException>(() => store.History.Create(view, "x", store.Record, TimeProvider.System));
        Assert.Contains("XFS or Btrfs", e.Message, StringComparison.Ordinal);
        Assert.Empty(store.History.List(count: true));
        Assert.Empty(Directory.GetFiles(Path.Combine(mount, "v", "snapshots")));
    }

    private static LoopDisk Mounted(TempDirectory directory, string fileSystem, long bytes, out string mount)
    {
        Requirements.Need("losetup", $"mkfs.{fileSystem}");
        Requirements.NeedFileSystem(fileSystem);
        var disk = new LoopDisk(directory.Path, bytes);
        try
        {
            Shell.Run($"mkfs.{fileSystem}", "-q", disk.Path);
            mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    private static long Used(string mount)
    {
        var drive = new DriveInfo(mount);
        return drive.TotalSize - drive.TotalFreeSpace;
    }

    private static byte[] Hash(IConsistentView view)
    {
        using (view) return Convert.FromHexString(Shell.Run("sha256sum", view.ImagePath!)[..64]);
    }

    /// <summary>A store in a directory, in Live.</summary>
    private sealed class Opened : IDisposable
    {
        private ulong _mark;

        public Opened(string directory, long size)
        {
            var files = new ImageFiles();
            var places = new VolumeFiles(directory, "v", null);
            files.CreateDirectory(places.Directory);
            MarkSlots.Create(files, places.Marks);
            using (IImageFile file = files.Open(places.Image, ImageOpenMode.New)) file.SetSize(size);
            Images = ImageStore.Open(files, places, files.Open(places.Image, ImageOpenMode.Existing), MarkSlots.Open(files, places.Marks), size);
            History = new SnapshotStore("v", places, files);
            Record = VolumeRecord.Begin("v", new VolumeIdentity { Text = "disk", Machine = Guid.NewGuid(), Client = Guid.NewGuid() }, size, 512, null, DateTimeOffset.UtcNow);
            Images.EnterLive(true);
        }

        public ImageStore Images { get; }

        public SnapshotStore History { get; }

        public VolumeRecord Record { get; }

        public void Commit()
        {
            Images.Mark(new ImageMark(++_mark, _mark, true, 0, 1, Guid.NewGuid()));
            Images.Commit();
        }

        public void Dispose() => Images.Dispose();
    }
}
