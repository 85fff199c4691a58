using System.Globalization;
using Mirror.Vm.Tests.Rig;
using Xunit.Abstractions;

namespace Mirror.Vm.Tests;

/// <summary>The tap alone on Debian 12's stock 6.1 kernel, with memory placed at random: an image made from its ring, and from nothing else,
/// equals the disk. Older verifiers remove code that they think dead; only comparing bytes shows that. Other kinds of disk: <see cref="MirrorOnStockKernelTests"/>.</summary>
[Collection("one guest at a time")]
public sealed class TapOnStockKernelTests(FollowedGuest guest, ITestOutputHelper output) : IClassFixture<FollowedGuest>
{
    [SkippableTheory]
    [InlineData("zram")]
    [InlineData("scsi")]
    [InlineData("nvme")]
    [InlineData("held")]
    public async Task An_image_made_from_the_ring_alone_equals_the_disk(string kind)
    {
        GuestResult result = await guest.RanAsync();
        output.WriteLine(result.Console);
        Assert.Equal("yes", result.Successful().Value($"compared-{kind}"));
        Assert.Equal("Agree", result.Value($"sums-{kind}"));
        Assert.Equal("Hi", result.Value($"rate-{kind}"));
        Assert.True(long.Parse(result.Value($"data-bytes-{kind}")!) > 10 << 20, result.Console);
        // A bio that was queued while the rate was Off has no time; every other write has one.
        Assert.Equal(kind == "held" ? "1" : "0", result.Value($"begun-at-off-{kind}"));
        if (kind != "nvme") return;
        // The drive's own counters, by the command that asks a real one: they count the writes that the tap has seen, but no zeroes by command, and no discards.
        long Number(string name) => long.Parse(result.Value($"{name}-nvme")!, CultureInfo.InvariantCulture);
        Assert.Equal("QEMU NVMe Ctrl; guest-drive-1", result.Value("drive-nvme"));
        Assert.Equal(Number("tap-writes") - Number("zero-records") - Number("side-reads"), Number("drive-writes"));
        Assert.InRange(Number("drive-units"), Number("data-bytes") / 512_000, (Number("data-bytes") / 512_000) + 1);
    }
}
