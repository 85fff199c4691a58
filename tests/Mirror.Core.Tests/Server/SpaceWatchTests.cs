using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Store;

namespace Mirror.Core.Tests.Server;

public sealed class SpaceWatchTests
{
    [Theory]
    [InlineData(50, SpaceLevel.Ok, SpaceLevel.Ok)]
    [InlineData(19, SpaceLevel.Ok, SpaceLevel.Low)]
    [InlineData(21, SpaceLevel.Low, SpaceLevel.Low)]
    [InlineData(23, SpaceLevel.Low, SpaceLevel.Ok)]
    [InlineData(4, SpaceLevel.Ok, SpaceLevel.Critical)]
    [InlineData(5.4, SpaceLevel.Critical, SpaceLevel.Critical)]
    [InlineData(6, SpaceLevel.Critical, SpaceLevel.Low)]
    [InlineData(60, SpaceLevel.Critical, SpaceLevel.Ok)]
    public void A_level_does_not_waver_at_its_threshold(double free, SpaceLevel before, SpaceLevel level) => Assert.Equal(level, SpaceWatch.Judge(free, before, 20, 5));

    [Fact]
    public async Task It_warns_before_the_store_is_full()
    {
        var files = new FakeImageFiles { Capacity = 100 << 12 };
        using IImageFile image = files.Open("/store/v/image", ImageOpenMode.New);
        image.SetSize(100 << 12);
        var options = new MirrorServerOptions { StoreDirectory = "/store", Listen = new IPEndPoint(IPAddress.Loopback, 0), Master = Secret.NewMaster(), SpaceWarningPercent = 20, SpaceCriticalPercent = 5 };
        await using var watch = new SpaceWatch(files, options, new VolumeLimits { SpaceInterval = TimeSpan.FromMilliseconds(5) }, TimeProvider.System, NullLogger.Instance);
        await Waiting.UntilAsync(() => watch.Of("/store/v/image") is { Level: SpaceLevel.Ok });
        for (int i = 0; i < 97; i++)
        {
            image.Write(i << 12, new byte[] { 1 });
            if (i == 85) await Waiting.UntilAsync(() => watch.Of("/store/v/image") is { Level: SpaceLevel.Low });
        }
        await Waiting.UntilAsync(() => watch.Of("/store/v/image") is { Level: SpaceLevel.Critical, Space: { FreeBytes: 3 << 12, SizeBytes: 100 << 12 } });
    }
}
