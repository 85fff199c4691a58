using System.Globalization;
using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Driver.Disks;
using Xunit.Abstractions;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>What a TiB costs in memory.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const long DiskBytes = 1L << 40;

    /// <summary>The bound, in the decimal megabytes of its text.</summary>
    private const long MostResidentBytes = 200_000_000;

    [SkippableFact]
    public async Task Client_and_server_of_a_TiB_stay_under_200_MB_and_the_kernel_holds_what_status_says()
    {
        Requirements.Need("fio", "bpftool");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, DiskBytes);
        Requirements.NeedTap(disk.Path);
        using (DirectDisk holes = DirectDisk.Open(disk.Path)) Skip.If(((IDisk)holes).NextData(0) < DiskBytes, "the holes of a loop device's file are not known here, and reading a TiB of zeroes takes too long");
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        await rig.StartAsync();
        MirrorStatus live = (await rig.ClientStatusAsync())!;
        Assert.Equal(MirrorState.Live, live.State);
        AssertSmall("Live", rig);

        // All over the disk, so that every level of every bitmap is touched; while connected, and to be caught up with.
        await FioLoad.ScatterAsync(disk.Path, 0, DiskBytes, 48 << 20, 1);
        AssertSmall("after scattered writes", rig);
        rig.Server!.Signal("STOP");
        await FioLoad.ScatterAsync(disk.Path, 0, DiskBytes, 96 << 20, 2);
        rig.Server.Signal("CONT");
        await FioLoad.ScatterAsync(disk.Path, DiskBytes / 2, 64 << 20, 256 << 20, 3);
        AssertSmall("catching up", rig);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        AssertSmall("at the end", rig);
        Assert.Equal(1, (await rig.ClientStatusAsync())!.Scans);

        long held = PinnedMapBytes(rig.Volume);
        output.WriteLine(FormattableString.Invariant($"kernel: {live.KernelBytes / 1e6:0.0} MB by status, {held / 1e6:0.0} MB by the kernel's account; granule {live.GranuleBytes}"));
        Assert.InRange(live.KernelBytes, 0.95 * held, 1.05 * held);

        rig.Server.Kill(); // it holds the lock of the image
        (long Start, long Length)[] written = [.. SparseFile.DataRanges(disk.BackingFile)];
        Assert.True(written.Sum(r => r.Length) > 128 << 20);
        Assert.Equal(written, SparseFile.DataRanges(rig.Image));
        AssertSame(disk.BackingFile, rig.Image, written);
    }

    private void AssertSmall(string when, ProcessRig rig)
    {
        (string Name, RunningProgram Process)[] both = [("client", rig.Client!), ("server", rig.Server!)];
        output.WriteLine($"{when}: " + string.Join(", ", both.Select(p =>
            FormattableString.Invariant($"{p.Name} {p.Process.ResidentBytes / 1e6:0} MB resident ({p.Process.OwnBytes / 1e6:0} of its own), {p.Process.PeakResidentBytes / 1e6:0} at most"))));
        foreach ((string name, RunningProgram process) in both) Assert.True(process.PeakResidentBytes < MostResidentBytes, $"{when}: {name} {process.PeakResidentBytes}");
    }

    private static void AssertSame(string disk, string image, IEnumerable<(long Start, long Length)> ranges)
    {
        using FileStream left = File.OpenRead(disk), right = File.OpenRead(image);
        byte[] a = new byte[1 << 20], b = new byte[1 << 20];
        foreach ((long start, long length) in ranges)
        {
            left.Position = right.Position = start;
            for (long at = 0; at < length; at += a.Length)
            {
                int part = (int)Math.Min(a.Length, length - at);
                left.ReadExactly(a, 0, part);
                right.ReadExactly(b, 0, part);
                Assert.True(a.AsSpan(0, part).SequenceEqual(b.AsSpan(0, part)), $"They differ at {start + at}.");
            }
        }
    }

    /// <summary>What the kernel has locked for the maps that are pinned for a volume, and for the maps inside these.</summary>
    private static long PinnedMapBytes(string volume)
    {
        using JsonDocument maps = JsonDocument.Parse(Shell.Run("bpftool", "map", "show", "-j", "-f"));
        var known = maps.RootElement.EnumerateArray().ToDictionary(m => m.GetProperty("id").GetInt32());
        string pins = $"/sys/fs/bpf/diskmirror/{volume}/";
        long bytes = 0;
        foreach (JsonElement map in known.Values)
        {
            if (!map.TryGetProperty("pinned", out JsonElement places) || !places.EnumerateArray().Any(p => p.GetString()!.StartsWith(pins, StringComparison.Ordinal))) continue;
            bytes += long.Parse(map.GetProperty("bytes_memlock").ToString(), CultureInfo.InvariantCulture);
        }
        return bytes;
    }
}
