using System.Globalization;
using Mirror.Core.Boot;

namespace Mirror.EndToEnd.Tests;

/// <summary>
/// A boot, as far as a client can tell: the tap and all its bitmaps are gone. The drive's counters are here those that the kernel keeps of a loop device,
/// which go on counting while nobody looks.
/// </summary>
public sealed class BootTests
{
    private const long DiskBytes = 96 << 20;

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_boot_costs_a_scan_only_if_the_drive_was_written_to(int written)
    {
        await using Scene scene = await Scene.BeginAsync();
        (LoopDisk disk, Memory memory, MirrorRig rig) = (scene.Disk, scene.Memory, scene.Rig);
        // No idle wait: the stop itself lets what was written last become a mark.
        Write(disk, 30 << 20, 3 << 20);
        await rig.StopClientAsync(keepTracking: false);
        Assert.NotNull(memory.Left);
        if (written > 0) Write(disk, 50 << 20, written);

        rig.StartClient();
        Write(disk, 40 << 20, 1 << 20);
        await rig.WaitLiveAsync();
        Assert.Null(memory.Left);
        Assert.Equal(written > 0 ? 1 : 0, rig.Status.Scans);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
        // What no drive counts is looked for, slowly.
        if (written == 0) await rig.WaitForAsync(s => s.LastVerify is { DifferingBytes: 0, ComparedBytes: DiskBytes }, "verified");
    }

    [SkippableFact]
    public async Task What_was_changed_without_the_drive_counting_it_is_found_and_mended()
    {
        await using Scene scene = await Scene.BeginAsync();
        (LoopDisk disk, Memory memory, MirrorRig rig) = (scene.Disk, scene.Memory, scene.Rig);
        await rig.StopClientAsync(keepTracking: false);
        Shell.Run("fallocate", "--punch-hole", "--offset", $"{5 << 20}", "--length", $"{1 << 20}", disk.BackingFile);
        rig.StartClient();
        await rig.WaitForAsync(s => s.LastVerify is { RepairedBytes: 1 << 20 }, "mended");
        Assert.Equal(0, rig.Status.Scans);
        await rig.WaitIdleAsync();
        rig.AssertIdentical();
    }

    [SkippableFact]
    public async Task A_stop_while_the_disk_is_written_to_leaves_no_record_that_stands()
    {
        Requirements.Need("fio");
        await using Scene scene = await Scene.BeginAsync();
        (LoopDisk disk, Memory memory, MirrorRig rig) = (scene.Disk, scene.Memory, scene.Rig);
        using var load = Processes.FioLoad.Start(disk.Path, 8 << 20, 60);
        await rig.WaitForAsync(_ => rig.Tap.Counters.Writes > 100, "written to");
        await rig.StopClientAsync(keepTracking: false);
        // Between two writes it may seem to be quiet; then the next one belies the record.
        await Waiting.UntilAsync(() => memory.Left is null || memory.Left.Drive.WriteCommands != memory.AskDrive()!.WriteCommands, () => "no record stands", TimeSpan.FromSeconds(30));
    }

    private static void Write(LoopDisk disk, long offset, int bytes) =>
        Shell.Script($"head -c {bytes} /dev/urandom | dd of='{disk.Path}' bs={bytes} seek={offset}B oflag=direct iflag=fullblock status=none conv=notrunc");

    /// <summary>A disk of which a fifth is data, mirrored and Live, by a client whose memory outlives boots.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new(memory: true);

        private Scene()
        {
            Disk = new LoopDisk(_directory.Path, DiskBytes);
            Memory = new Memory(Disk);
            Rig = new MirrorRig(Disk.Path, _directory.Path) { Boot = Memory };
        }

        public LoopDisk Disk { get; }

        public Memory Memory { get; }

        public MirrorRig Rig { get; }

        public static async Task<Scene> BeginAsync()
        {
            Requirements.Need();
            var scene = new Scene();
            try
            {
                Requirements.NeedTap(scene.Disk.Path);
                Write(scene.Disk, 0, 20 << 20);
                await scene.Rig.StartServerAsync();
                scene.Rig.StartClient();
                await scene.Rig.WaitLiveAsync();
                return scene;
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            using TempDirectory directory = _directory;
            using LoopDisk disk = Disk;
            await Rig.DisposeAsync();
        }
    }

    private sealed class Memory(LoopDisk disk) : IBootMemory
    {
        public CleanStop? Left { get; private set; }

        public DriveTestimony? AskDrive()
        {
            ulong[] fields = [.. File.ReadAllText($"/sys/block/{Path.GetFileName(disk.Path)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => ulong.Parse(f, CultureInfo.InvariantCulture))];
            return new DriveTestimony("loop; test", fields[4], fields[6], fields[0], 1, 0);
        }

        public CleanStop? Take()
        {
            CleanStop? left = Left;
            Left = null;
            return left;
        }

        public void Leave(CleanStop stop) => Left = stop;
    }
}
