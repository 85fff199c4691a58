using System.Globalization;
using System.Text.Json;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The client dies and its disk with it, at a moment in each state: what is restored is a whole file system, with everything that was safe before the mark.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class WipedDiskTests
{
    private const int Size = 128 << 20;

    /// <summary>A mark says when it was sent, and shows the disk as it was a moment before.</summary>
    private static readonly TimeSpan MarkDelay = TimeSpan.FromSeconds(2);

    [SkippableTheory]
    [InlineData(MirrorState.Live)]
    [InlineData(MirrorState.CatchUp)]
    [InlineData(MirrorState.Scanning)]
    public async Task A_disk_that_is_wiped_comes_back_whole(MirrorState state)
    {
        Requirements.NeedFileSystem("ext4");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, Size);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"mkfs.ext4 -q {disk.Path}");
        string mount = disk.Mount(Path.Combine(directory.Path, "mnt"));
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        string[] slow = state switch
        {
            MirrorState.CatchUp => ["--limit", "3M", "--ring", "1M", "--ring-records", "64"],
            MirrorState.Scanning => ["--read-limit", "20M"],
            _ => [],
        };
        await rig.StartAsync(slow);
        string known = Path.Combine(directory.Path, "known");
        // Each number is on the disk (fsync) before it and its time stand in the list of what is known.
        using var ledger = new RunningProgram(Bash($"for ((i = 1; ; i++)); do echo $i >> {mount}/ledger; sync {mount}/ledger; echo $i $(date +%s%3N) >> {known}; done"));
        // So old that they are due whichever consistent mark from here on is restored; in CatchUp there may be no later one than the next.
        await Waiting.UntilAsync(() => File.Exists(known) && LastBefore(known, DateTimeOffset.UtcNow - MarkDelay) > 20, () => "records are written", TimeSpan.FromSeconds(20));
        long mark = (await rig.ClientStatusAsync())!.CommittedMark;
        await rig.WaitForAsync(s => s.Consistent && s.CommittedMark > mark + 3, "consistent with some records on the disk", TimeSpan.FromSeconds(60));
        using var load = new RunningProgram(Bash($"while :; do rm -rf {mount}/tree; cp -a /etc {mount}/tree 2> /dev/null; head -c 8M /dev/urandom > {mount}/blob; sync -f {mount}; done"));
        await Task.Delay(Random.Shared.Next(1500, 3000));
        if (state == MirrorState.Scanning) (await rig.CommandAsync("rescan", rig.Volume)).Expect(0);
        await rig.WaitForAsync(s => s.State == state && (state != MirrorState.Scanning || s.ScannedBytes is > 0 and < Size), $"in {state}", TimeSpan.FromSeconds(60));
        await Task.Delay(Random.Shared.Next(50, 400));

        rig.Client!.Kill();
        load.Kill();
        ledger.Kill();
        Shell.Run("sync", "-f", mount);
        disk.Unmount(mount);
        Shell.Script($"dd if=/dev/zero of={disk.Path} bs=1M count={Size >> 20} oflag=direct status=none");

        CommandResult restored = (await rig.CommandAsync("restore", rig.Volume, "--server", rig.Listen, "--secret-file", rig.MasterFile, "--to", disk.Path, "--yes", "--json")).Expect(0);
        using JsonDocument document = JsonDocument.Parse(restored.Output);
        JsonElement source = document.RootElement.GetProperty("source");
        Assert.True(source.GetProperty("consistent").GetBoolean());
        DateTimeOffset safe = source.GetProperty("time").GetDateTimeOffset() - MarkDelay;
        // The journal is replayed, as at the first mount; then nothing may be left to mend.
        Shell.Script($"e2fsck -p {disk.Path} || [ $? -le 1 ]");
        Shell.Run("e2fsck", "-fn", disk.Path);
        disk.Mount(mount);
        long last = File.Exists($"{mount}/ledger") ? File.ReadLines($"{mount}/ledger").Select(l => long.TryParse(l, CultureInfo.InvariantCulture, out long n) ? n : 0).LastOrDefault() : 0;
        long due = LastBefore(known, safe);
        Assert.True(last >= due, $"record {due} was on the disk at {safe:O}, and the restored one ends with {last}; {restored.Output}");
        Assert.True(due > 0, $"no record was due: {restored.Output}");
        disk.Unmount(mount);
    }

    /// <summary>The last record that was known to be on the disk at <paramref name="time"/>; 0 for none.</summary>
    private static long LastBefore(string known, DateTimeOffset time) => File.ReadLines(known).Select(l => l.Split(' '))
        .Where(f => f.Length == 2 && long.Parse(f[1], CultureInfo.InvariantCulture) <= time.ToUnixTimeMilliseconds())
        .Select(f => long.Parse(f[0], CultureInfo.InvariantCulture)).LastOrDefault();

    private static System.Diagnostics.ProcessStartInfo Bash(string script) =>
        new("bash", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
}
