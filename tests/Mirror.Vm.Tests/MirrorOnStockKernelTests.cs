using System.Text.Json;
using Mirror.Vm.Tests.Rig;
using Xunit.Abstractions;

namespace Mirror.Vm.Tests;

/// <summary>The whole product on Debian 12's stock 6.1 kernel with memory placed at random: file systems in use are mirrored from before the
/// scan until after Live, and every byte of the images is compared with the disks.</summary>
[Collection("one guest at a time")]
public sealed class MirrorOnStockKernelTests(MirroredGuest guest, ITestOutputHelper output) : IClassFixture<MirroredGuest>
{
    [SkippableTheory]
    [InlineData("virtio")]
    [InlineData("linear")]
    [InlineData("raid1")]
    public async Task A_file_system_in_use_is_mirrored_byte_for_byte_with_data_from_the_tap(string kind)
    {
        GuestResult result = await guest.RanAsync();
        output.WriteLine(result.Console);
        JsonElement client = LiveAndEqual(result, kind);
        // 8 MiB and more were written after Live and idle: had the tap given block numbers only, they would have been read back.
        long read = long.Parse(result.Value($"read-sectors-{kind}")!);
        Skip.If(read > 4 << 11 && client.GetProperty("holes").GetInt64() > 0, "byte for byte the same; but the guest's kernel skipped a program, and what was missed was read again: whether the data came from the tap cannot be told");
        Assert.InRange(read, 0, 4 << 11);
    }

    [SkippableFact]
    public async Task A_device_mapper_volume_that_is_extended_in_use_is_followed()
    {
        JsonElement client = LiveAndEqual(await guest.RanAsync(), "linear");
        Assert.Equal((190003L + 65536) * 512, client.GetProperty("sizeBytes").GetInt64());
    }

    private static JsonElement LiveAndEqual(GuestResult result, string volume)
    {
        Assert.Equal("yes", result.Successful().Value($"compared-{volume}"));
        JsonElement client = JsonDocument.Parse(result.Value("status")!).RootElement.EnumerateArray()
            .Single(end => end.GetProperty("role").GetString() == "client" && end.GetProperty("volume").GetString() == volume);
        Assert.Equal("Live", client.GetProperty("state").GetString());
        Assert.Equal("ebpf", client.GetProperty("tap").GetString());
        Assert.Equal("Hi", client.GetProperty("rate").GetString());
        Assert.Equal(1, client.GetProperty("scans").GetInt64());
        // Holes are allowed: the kernel may skip a program, and what was missed was then read again.
        Assert.Equal(0, client.GetProperty("pendingBytes").GetInt64());
        return client;
    }
}
