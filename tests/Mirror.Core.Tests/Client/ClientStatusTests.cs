using Mirror.Core.Control;

namespace Mirror.Core.Tests.Client;

public sealed class ClientStatusTests
{
    [Fact]
    public async Task What_was_sent_is_counted_while_the_connection_lasts_and_goes_on_over_the_next()
    {
        await using var rig = new EngineRig();
        rig.Disk.Write(1 << 20, Filled(1 << 20));
        rig.Start();
        await rig.WaitIdleAsync();
        await rig.WaitForAsync(s => s.SentBytes >= 1 << 20, "counting the first MiB");
        Assert.Equal(MirrorState.Live, rig.Client.Status.State);
        long before = rig.Client.Status.SentBytes;
        rig.Server.Cut();
        await rig.WaitForAsync(s => s.Connections == 2, "connected again");
        rig.Disk.Write(4 << 20, Filled(1 << 20));
        await rig.WaitIdleAsync();
        await rig.WaitForAsync(s => s.SentBytes >= before + (1 << 20), "counting the second MiB");
    }

    [Fact]
    public async Task A_scan_has_no_age_until_all_that_it_found_is_committed()
    {
        await using var rig = new EngineRig();
        rig.Disk.Write(0, Filled(1 << 20));
        rig.Start();
        await rig.WaitForAsync(s =>
        {
            Assert.True(s.State == MirrorState.Live || s.ScanAgeSeconds is null, $"{s.State}, scanned {s.ScanAgeSeconds} s ago");
            return s.ScanAgeSeconds is not null;
        }, "scanned");
        MirrorStatus status = rig.Client.Status;
        Assert.InRange(status.ScanAgeSeconds!.Value, 0, (DateTimeOffset.UtcNow - status.Since!.Value).TotalSeconds + 0.5);
    }

    private static byte[] Filled(int bytes)
    {
        byte[] data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        return data;
    }
}
