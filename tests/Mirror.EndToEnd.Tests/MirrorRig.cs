using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mirror.Core.Client;
using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Core.Server;
using Mirror.Core.Taps;
using Mirror.Core.Wire;
using Mirror.Driver;
using Mirror.Driver.Images;
using Mirror.Driver.Taps;

namespace Mirror.EndToEnd.Tests;

/// <summary>A real disk, the real tap, the real client and server, in this process. What a process boundary is part of is tested with the program itself.</summary>
internal sealed class MirrorRig : IAsyncDisposable
{
    private readonly Secret _master;
    private readonly Guid _clientId = Guid.NewGuid();
    private MirrorServer? _server;
    private IPEndPoint _endPoint = new(IPAddress.Loopback, 0);
    private MirrorClient? _client;
    private MirrorSource? _source;
    private Task _running = Task.CompletedTask;

    public MirrorRig(string disk, string directory)
    {
        Disk = disk;
        Directory = directory;
        _master = Secret.NewMaster();
        Volume = $"e2e-{Guid.NewGuid():N}"[..20];
    }

    private MirrorRig(MirrorRig first, string disk)
        : this(disk, Path.Combine(first.Directory, "second"))
    {
        Volume = first.Volume;
        _master = first._master;
        _endPoint = first._endPoint;
        // Another host keeps its pins elsewhere.
        TapOptions = options => options with { Volume = $"{first.Volume}-2" };
    }

    public string Directory { get; }

    public string Volume { get; private init; }

    /// <summary>The path that the next client is started with.</summary>
    public string Disk { get; set; }

    public string Image => Path.Combine(Directory, "store", Volume, "image");

    /// <summary>Changes what the tap is opened with.</summary>
    public Func<TapOptions, TapOptions> TapOptions { get; set; } = options => options;

    /// <summary>Changes what the client is started with.</summary>
    public Func<MirrorClientOptions, MirrorClientOptions> Options { get; set; } = options => options;

    public MirrorClient Client => _client ?? throw new InvalidOperationException("No client was started.");

    public ITap Tap => _source?.Tap ?? throw new InvalidOperationException("No client runs.");

    public MirrorStatus Status => Client.Status;

    /// <summary>Writes that the tap had seen when the scan was last seen under way: they began before it ended.</summary>
    public long WritesDuringScan { get; private set; }

    /// <summary>A block device that the server is told to take for the image.</summary>
    public string? ImageDevice { get; init; }

    /// <summary>What outlives a boot.</summary>
    public Mirror.Core.Boot.IBootMemory? Boot { get; init; }

    public ILogger Log { get; set; } = NullLogger.Instance;

    public async Task StartServerAsync()
    {
        var options = new MirrorServerOptions { StoreDirectory = Path.Combine(Directory, "store"), Listen = _endPoint, Master = _master };
        if (ImageDevice is { } device) options = options with { Volumes = new Dictionary<string, VolumePlacement> { [Volume] = new(device) } };
        _server = await MirrorServer.StartAsync(options, new ImageFiles(), null, Log);
        _endPoint = _server.EndPoint;
    }

    public async Task StopServerAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>Takes a snapshot at the server.</summary>
    public Task<SnapshotInfo> SnapshotAsync(string name) => ((IHistoryRole)_server!.Volumes.Single(v => v.Status.Volume == Volume)).NewSnapshotAsync(name, CancellationToken.None);

    public void StartClient()
    {
        _source = new MirrorSource(TapOptions(new TapOptions { Volume = Volume, DiskPath = Disk, RunDirectory = Path.Combine(Directory, "run"), Choice = TapChoice.Ebpf }));
        MirrorClientOptions options = Options(new MirrorClientOptions { Volume = Volume, Server = _endPoint.ToString(), ClientId = _clientId, RetryInterval = TimeSpan.FromSeconds(1) });
        var connector = new Connector(_endPoint.Address.ToString(), _endPoint.Port, _master.ForClient(Volume, MirrorRight.Mirror), Volume, MirrorRight.Mirror);
        _client = new MirrorClient(options, _source, connector.ConnectAsync, Log) { Boot = Boot };
        _running = _client.RunAsync(CancellationToken.None);
    }

    public async Task StopClientAsync(bool keepTracking = true)
    {
        try
        {
            await Client.StopAsync(keepTracking, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
        }
        finally
        {
            if (!keepTracking) _source!.Tap.Unpin();
            _source!.Dispose();
            _source = null;
        }
    }

    /// <summary>Waits until all that was written before is in the image, durably.</summary>
    public async Task WaitIdleAsync(TimeSpan? limit = null)
    {
        try
        {
            await await Task.WhenAny(Client.WaitIdleAsync(CancellationToken.None), EndAsync()).WaitAsync(limit ?? TimeSpan.FromMinutes(2));
            long mark = Client.Status.CommittedMark;
            await WaitForAsync(_ => _server is null || _server.Volumes.Single(v => v.Status.Volume == Volume).Status.ImageMark >= mark, "in the image", limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not idle: {Status}");
        }
    }

    public async Task WaitForAsync(Func<MirrorStatus, bool> condition, string what, TimeSpan? limit = null)
    {
        DateTime end = DateTime.UtcNow + (limit ?? TimeSpan.FromMinutes(2));
        while (true)
        {
            MirrorStatus status = Status;
            if (condition(status)) return;
            if (status.State == MirrorState.Scanning) WritesDuringScan = Tap.Counters.Writes;
            if (_running.IsCompleted) await EndAsync();
            if (DateTime.UtcNow > end) throw new TimeoutException($"Not {what}: {status}");
            await Task.Delay(5);
        }
    }

    /// <summary>A second client of the same volume at the same server, with another disk and another client id.</summary>
    public MirrorRig Second(string disk) => new(this, disk);

    public Task WaitLiveAsync(TimeSpan? limit = null) => WaitForAsync(s => s.State == MirrorState.Live, "Live", limit);

    /// <summary>Fails, with the state of the mirror, unless disk and image are the same.</summary>
    public void AssertIdentical() => Comparison.AssertIdentical(Disk, Image, () => $"{Status} {Tap.Counters}");

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_source is not null) await StopClientAsync(keepTracking: false);
        }
        finally
        {
            // What a test left behind on purpose, by stopping with tracking kept.
            TapOptions options = TapOptions(new TapOptions { Volume = Volume, DiskPath = Disk });
            TapPrograms.RemovePins(Path.Combine(options.PinDirectory, options.Volume));
            await StopServerAsync();
        }
    }

    /// <summary>Fails with the client's own end, which no test of this rig expects.</summary>
    private async Task EndAsync()
    {
        await _running;
        throw new InvalidOperationException("The client has ended.");
    }
}
