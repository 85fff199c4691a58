using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Fakes;
using Mirror.Core.Security;
using Mirror.Core.Taps;
using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Client;

/// <summary>A disk and a tap in memory, the real client engine, real TLS on loopback, and the model server.</summary>
internal sealed class EngineRig : IAsyncDisposable
{
    public const string Volume = "rig";
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);      // over the longest that the rate waits before it rises again; a scan of 256 MiB took 72 s beside busy loops

    private readonly List<FakeTap> _taps = [];
    private RescanOnlyTap? _rescanOnly;

    public EngineRig(int diskBytes = 8 << 20, int seed = 1)
    {
        Disk = new FakeDisk(diskBytes, seed);
        Kernel = new FakeTapKernel(Disk);
        Server = new ModelServer(diskBytes, seed);
    }

    public EngineRig(FakeDisk disk, FakeTapKernel kernel, ModelServer server)
    {
        Disk = disk;
        Kernel = kernel;
        Server = server;
    }

    public FakeDisk Disk { get; }

    public FakeTapKernel Kernel { get; }

    public ModelServer Server { get; }

    public MirrorClient Client { get; private set; } = null!;

    public FakeTap Tap => _taps[^1];

    public MirrorClientOptions Options { get; set; } = new()
    {
        Volume = Volume,
        Server = "model",
        ClientId = Guid.NewGuid(),
        MarkInterval = TimeSpan.FromMilliseconds(50),
        RetryInterval = TimeSpan.FromMilliseconds(200),
        Silence = TimeSpan.FromSeconds(60),     // a busy machine is not silent
    };

    /// <summary>What the tap can deliver at best.</summary>
    public TapRate MaxRate { get; init; } = TapRate.Hi;

    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Starts a client that sees no writes.</summary>
    public void StartRescanOnly()
    {
        _rescanOnly = new RescanOnlyTap(4096, null);
        Run(_rescanOnly);
    }

    /// <summary>Starts a client process; after the first it finds the tap as the last one left it.</summary>
    public void Start(bool continued = false)
    {
        _taps.Add(new FakeTap(Kernel, continued, MaxRate));
        Run(Tap);
    }

    private void Run(ITap tap)
    {
        var connector = new Connector("127.0.0.1", Server.EndPoint.Port, Server.Secret.ForClient(Volume, MirrorRight.Mirror), Volume, MirrorRight.Mirror);
        Client = new MirrorClient(Options, Disk, tap, connector.ConnectAsync, NullLogger.Instance);
        Running = Client.RunAsync(CancellationToken.None);
    }

    public async Task StopAsync(bool keepTracking = true) => await Client.StopAsync(keepTracking, CancellationToken.None).WaitAsync(Deadline);

    public async Task WaitIdleAsync()
    {
        try
        {
            await Client.WaitIdleAsync(CancellationToken.None).WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not idle: {Client.Status}");
        }
    }

    public Task WaitForAsync(Func<MirrorStatus, bool> condition, string what) =>
        Waiting.UntilAsync(() => condition(Client.Status), () => $"{what}: {Client.Status}", Deadline);

    public void AssertIdentical()
    {
        byte[] disk = Disk.Snapshot();
        byte[] image = Server.Durable();
        int at = disk.AsSpan().CommonPrefixLength(image);
        Assert.True(at == disk.Length, $"disk and image differ from byte {at} on (granule {at / 4096}); {Client.Status}");
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
        {
            try
            {
                await Client.DisposeAsync();
            }
            catch (FakeCrashException)
            {
                // That is what the test was about.
            }
        }
        await Server.DisposeAsync();
        foreach (FakeTap tap in _taps) tap.Dispose();
        _rescanOnly?.Dispose();
    }
}
