using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests;

/// <summary>Completions that the kernel keeps from the program: they are found by the sums and made good, with the sums off they are not.</summary>
public sealed class HoleTests
{
    private const int DiskMiB = 192;

    [SkippableFact]
    public async Task Completions_that_were_skipped_are_made_good_without_a_scan()
    {
        (List<long> wrong, MirrorStatus status) = await RunAsync(hideCompletions: 1000, hideIssues: 0);
        Assert.Empty(wrong);
        Assert.Equal(1, status.Scans);
        Assert.NotEqual(0, status.Holes);
    }

    [SkippableFact]
    public async Task When_issue_events_were_skipped_too_the_client_scans_by_itself()
    {
        (List<long> wrong, MirrorStatus status) = await RunAsync(hideCompletions: 1000, hideIssues: 700);
        Assert.Empty(wrong);
        Assert.True(status.Scans > 1, $"{status}");
        Assert.NotEqual(0, status.Holes);
    }

    [SkippableFact]
    public async Task The_control_with_the_sums_off_in_the_client_finds_the_difference()
    {
        (List<long> wrong, MirrorStatus status) = await RunAsync(hideCompletions: 1000, hideIssues: 0, ignoreSums: true);
        Assert.NotEmpty(wrong);
        Assert.Equal(0, status.Holes);
    }

    [SkippableFact]
    public async Task The_control_with_the_sums_off_in_the_tap_finds_the_difference()
    {
        (List<long> wrong, MirrorStatus status) = await RunAsync(hideCompletions: 1000, hideIssues: 0, compareSums: false);
        Assert.NotEmpty(wrong);
        Assert.Equal(0, status.Holes);
    }

    private static async Task<(List<long> Wrong, MirrorStatus Status)> RunAsync(int hideCompletions, int hideIssues, bool ignoreSums = false, bool compareSums = true)
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, DiskMiB << 20);
        Requirements.NeedTap(disk.Path);
        Shell.Script($"head -c {DiskMiB}M /dev/urandom | dd of='{disk.Path}' bs=1M iflag=fullblock oflag=direct status=none");
        await using var rig = new MirrorRig(disk.Path, directory.Path)
        {
            TapOptions = o => o with { HideCompletions = hideCompletions, HideIssues = hideIssues, CompareSums = compareSums },
            Options = o => o with { IgnoreSums = ignoreSums, ReadLimit = 100 << 20 },
        };
        await rig.StartServerAsync();
        // Every block once (fio keeps a map), so that no later write covers a hidden one; the second run goes elsewhere.
        string Writes(int offset) => $"fio --name=w --filename={disk.Path} --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite --bs=4k --offset={offset}m --size=60m --refill_buffers --randseed={offset + 7} --output=/dev/null";
        Task work = Task.Run(() => Shell.Script(Writes(0)));
        rig.StartClient();
        await rig.WaitLiveAsync();
        await work;
        await rig.WaitIdleAsync();
        Shell.Script(Writes(100));
        await rig.WaitIdleAsync();
        return (Comparison.DifferingSectors(disk.Path, rig.Image), rig.Status);
    }
}
