using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Driver.Images;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>Disk and image compared by the program itself, on a real disk under load.</summary>
[Collection(ProcessesAlone.Name)]
public sealed class VerifyTests
{
    private const int Size = 128 << 20;
    private const int Quiet = 64 << 20;     // the load stays below

    [SkippableFact]
    public async Task Bytes_flipped_behind_the_servers_back_are_found_exactly_under_load_and_repaired_when_asked()
    {
        Requirements.Need("fio");
        using var directory = new TempDirectory(memory: true);
        using var disk = new LoopDisk(directory.Path, Size);
        Requirements.NeedTap(disk.Path);
        await using var rig = new ProcessRig(disk.Path, directory.Path);
        Shell.Script($"dd if=/dev/urandom of={disk.Path} bs=1M count={Size >> 20} oflag=direct status=none");
        await rig.StartAsync();
        // The image file is to hold what the mark says before somebody changes it.
        (await rig.CommandAsync("wait", rig.Volume, "--idle")).Expect(0);
        long[] flipped = [Quiet, Quiet + 4096, Quiet + (9 << 20) + 100, Size - 1];
        foreach (long at in flipped) Flip(rig.Image, at);

        MirrorStatus before = (await rig.ClientStatusAsync())!;
        using (FioLoad.Start(disk.Path, 20 << 20, 4, below: Quiet))
        {
            CommandResult found = (await rig.CommandAsync("verify", rig.Volume, "--limit", "40M", "--json")).Expect(1);
            Assert.Equal([(Quiet, 8192), (Quiet + (9 << 20), 4096), (Size - 4096, 4096)], Ranges(found));
            MirrorStatus after = (await rig.ClientStatusAsync())!;
            Assert.Equal((before.Connections, before.Scans), (after.Connections, after.Scans));
            Assert.True(after.CommittedMark > before.CommittedMark + 2 && after.State == MirrorState.Live, $"{after}");
            Assert.Equal(16384, after.LastVerify!.DifferingBytes);

            CommandResult repaired = (await rig.CommandAsync("verify", rig.Volume, "--repair", "--json")).Expect(0);
            Assert.Equal(3, Ranges(repaired).Count);
        }
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        CommandResult clean = (await rig.CommandAsync("verify", rig.Volume)).Expect(0);
        Assert.Contains("are the same", clean.Output, StringComparison.Ordinal);
    }

    private static List<(long Offset, long Length)> Ranges(CommandResult result)
    {
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return [.. document.RootElement.GetProperty("ranges").EnumerateArray().Select(r => (r.GetProperty("offset").GetInt64(), r.GetProperty("length").GetInt64()))];
    }

    private static void Flip(string path, long at)
    {
        using var file = ImageNative.Open(path, ImageNative.O_RDWR);
        byte[] one = new byte[1];
        ImageNative.Read(file, path, at, one);
        one[0] ^= 0x10;
        ImageNative.Write(file, path, at, one);
    }
}
