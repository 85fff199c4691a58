using System.Diagnostics;
using System.Globalization;
using Mirror.Core.Control;
using Mirror.EndToEnd.Tests.Processes;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// One mirror under one workload, and what befalls it in a row that a seed decides. What is checked:
/// <list type="bullet">
/// <item>whatever was seen to be safe (an idle wait ended: committed, and the image was the disk at an instant since) is in every later image, whatever
/// happened in between, and that image is a whole file system, or the very prefix of the writes (invariants 2, 4, 5);</item>
/// <item>the writer goes on while either process stands still (3);</item>
/// <item>in the end disk and image are the same, byte for byte (1), without an operator;</item>
/// <item>neither process ends by itself, or takes more memory than it may (7, 9).</item>
/// </list>
/// </summary>
internal sealed class ChaosRun(int seed, string fileSystem, Action<string> log)
{
    private const long DiskBytes = 320 << 20;
    private const long MostMemory = 500L << 20;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(90);

    private readonly Random _random = new(seed);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string> _story = [];
    private ChaosRig _rig = null!;
    private volatile int _cuts;     // of the client's power
    private Workload _work = null!;
    private long[] _safe = [];
    private int _grown;

    /// <summary>What may happen.</summary>
    public IReadOnlyList<ChaosEvent> Events { get; init; } = Enum.GetValues<ChaosEvent>();

    /// <summary>Whether the server's storage keeps nothing at a flush: a run that must fail.</summary>
    public bool ServerForgets { get; init; }

    /// <summary>Images that were looked into.</summary>
    public int Samples { get; private set; }

    /// <summary>Disks that were wiped and restored.</summary>
    public int Wipes { get; private set; }

    /// <summary>Runs until the time is over, or after so many events.</summary>
    public async Task RunAsync(TimeSpan time, int events = int.MaxValue)
    {
        Requirements.NeedFileSystem("xfs");
        if (fileSystem != "raw") Requirements.NeedFileSystem(fileSystem);
        Requirements.Need("ip", "tc", "iptables", "xfs_io");
        using var directory = new TempDirectory(memory: true);
        await using var rig = new ChaosRig(directory.Path, DiskBytes) { ServerForgets = ServerForgets };
        _rig = rig;
        Requirements.NeedTap(rig.Disk.Path);
        _work = fileSystem == "raw" ? new RawWorkload(rig.Disk) : new FileWorkload(fileSystem, rig.Disk, Path.Combine(directory.Path, "mnt"), seed);
        using var ended = new CancellationTokenSource();
        Task watching = Task.CompletedTask;
        try
        {
            _work.Prepare();
            await rig.StartAsync();
            Assert.True(await rig.IsIdleWithinAsync(Settling, CancellationToken.None), "The first copy was not made.");
            _work.Start();
            watching = Task.Run(() => WatchAsync(ended.Token));
            for (int i = 0; i < events && _clock.Elapsed < time; i++)
            {
                await Task.Delay(_random.Next(200, 1500));
                // Drawn in any case, so that the row is the seed's alone.
                ChaosEvent next = Events[_random.Next(Events.Count)];
                var own = new Random(_random.Next());
                Tell($"{next}");
                await HappenAsync(next, own);
                CheckProcesses();
                if (own.Next(2) == 0) await SampleAsync();
            }
            await ended.CancelAsync();
            await watching;
            await EndAsync();
            log($"seed {seed} {fileSystem}: {_story.Count} events, {Samples} images looked into, {Wipes} disks restored, {_work.Steps} steps written, the slowest {_work.Slowest.TotalMilliseconds:0} ms");
        }
        catch (Exception e) when (e is not SkipException)
        {
            throw new ChaosException($"Seed {seed}, {fileSystem}, after {_clock.Elapsed.TotalSeconds:0} s: {e.Message}\n{string.Join('\n', _story)}\n{await rig.DescribeAsync()}", e);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
            _work.Stop();
        }
    }

    private async Task HappenAsync(ChaosEvent what, Random own)
    {
        TimeSpan some = TimeSpan.FromMilliseconds(own.Next(500, 3500));
        switch (what)
        {
            case ChaosEvent.ClientKilled:
                _rig.Client.Kill();
                await Task.Delay(own.Next(500));
                _rig.LaunchClient();
                break;
            case ChaosEvent.ServerKilled:
                _rig.Server.Kill();
                await Task.Delay(own.Next(500));
                _rig.LaunchServer();
                break;
            case ChaosEvent.ClientStopped:
                await StopAsync(_rig.Client, some);
                break;
            case ChaosEvent.ServerStopped:
                await StopAsync(_rig.Server, some);
                break;
            case ChaosEvent.LinkCut when own.Next(3) == 0:
                await ForAsync(some, () => _rig.Network.Link(up: false), () => _rig.Network.Link(up: true));
                break;
            case ChaosEvent.LinkCut:
                await ForAsync(some, own.Next(2) == 0 ? _rig.Network.Drop : _rig.Network.Refuse, _rig.Network.Pass);
                break;
            case ChaosEvent.LinkSlow:
                await ForAsync(some * 2, () => _rig.Network.Slow(1 << 20), _rig.Network.Fast);
                break;
            case ChaosEvent.LinkLate:
                await ForAsync(some * 2, () => _rig.Network.Late(1 << 20, TimeSpan.FromSeconds(2)), _rig.Network.Fast);
                break;
            case ChaosEvent.LinkLossy:
                await ForAsync(some * 2, () => _rig.Lose(true), () => _rig.Lose(false));
                break;
            case ChaosEvent.StoreFull:
                await ForAsync(some, () => _rig.FillStore(true), () => _rig.FillStore(false));
                break;
            case ChaosEvent.StoreFails:
                await ForAsync(some, () => _rig.FailStorage(true), () => _rig.FailStorage(false));
                break;
            case ChaosEvent.ServerPowerCut:
                // What is left is looked at before the client can mend it.
                _rig.Network.Drop();
                Tell($"  {_rig.CutServer(own, Lost(own))} sectors lost");
                await Task.Delay(own.Next(500));
                _rig.LaunchServer();
                await SampleAsync();
                _rig.Network.Pass();
                break;
            case ChaosEvent.BothPowerCut:
                _rig.CutClient();
                Tell($"  {_rig.CutServer(own, Lost(own))} sectors lost");
                _work.CutPower();
                _cuts++;
                _rig.LaunchServer();
                await SampleAsync();
                _rig.LaunchClient();
                _work.Start();
                break;
            case ChaosEvent.ClockJumps:
                _rig.SetClock(own.Next(2) == 0 ? "client" : "server", own.Next(-172_800, 172_800));
                break;
            case ChaosEvent.DiskGrows when _grown < 6:
                _rig.Disk.Grow(DiskBytes + (++_grown * (8L << 20)));
                break;
            case ChaosEvent.ScanAsked:
                try
                {
                    await _rig.Operations.RescanAsync(_rig.Volume, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
                }
                catch (Exception e) when (e is MirrorControlException or TimeoutException or IOException)
                {
                    Tell($"  not asked: {e.Message}");
                }
                break;
            case ChaosEvent.DiskWiped:
                await WipeAsync(own);
                break;
        }
    }

    /// <summary>At a moment in any state: the client's host is no more. A new disk is restored, and mirrored in its turn.</summary>
    private async Task WipeAsync(Random own)
    {
        int how = own.Next(3);
        if (how == 1) await HappenAsync(ChaosEvent.ScanAsked, own);
        if (how == 2) _rig.Network.Drop();
        await Task.Delay(own.Next(1500));
        if (how == 2)
        {
            _rig.Network.Pass();
            await Task.Delay(own.Next(600));
        }
        MirrorStatus? last = (await _rig.Operations.StatusAsync(_rig.Volume, CancellationToken.None)).Volumes.FirstOrDefault();
        long[] safe;
        _rig.CutClient();
        lock (_story) safe = _safe;
        Tell($"  in {last?.State}, {last?.PendingBytes} bytes pending");
        _work.Leave();
        Shell.Run("blkdiscard", "-f", _rig.Disk.Path);
        await _rig.RestoreAsync();
        string mount = Path.Combine(_rig.Directory, "restored");
        _work.Verify(_rig.Disk.Path, mount, safe);
        _work.Return();
        lock (_story) _safe = _work.Known();
        Wipes++;
        _rig.LaunchClient();
        _work.Start();
    }

    /// <summary>Looks into the server's last consistent state: everything that was seen to be safe before must be there.</summary>
    private async Task SampleAsync()
    {
        long[] safe;
        lock (_story) safe = _safe;
        for (var waiting = Stopwatch.StartNew(); ; await Task.Delay(200))
        {
            try
            {
                await _rig.WithImageAsync(device =>
                {
                    _work.Verify(device, Path.Combine(_rig.Directory, "sample"), safe);
                    return true;
                });
                break;
            }
            catch (MirrorControlException e) when (waiting.Elapsed < (ServerForgets ? TimeSpan.FromSeconds(10) : Settling))
            {
                // The server has just been started, or its storage is not well yet.
                _ = e;
            }
        }
        Samples++;
        Tell($"  sample with {safe.FirstOrDefault()}");
    }

    private async Task EndAsync()
    {
        _work.Leave();
        Assert.False(_work.HasFailed, "The disk failed under the writer.");
        var waiting = Stopwatch.StartNew();
        while (!await _rig.IsIdleWithinAsync(TimeSpan.FromSeconds(5), CancellationToken.None))
        {
            Assert.True(waiting.Elapsed < Settling, $"The mirror did not become Live and idle within {Settling.TotalSeconds:0} s of quiet.");
            CheckProcesses();
            if (await _rig.ApproveAsync()) Tell("  approved: more than a fifth has changed");
        }
        long[] known = _work.Known();
        await _rig.WithImageAsync(device =>
        {
            Comparison.AssertIdentical(_rig.Disk.Path, device);
            _work.Verify(device, Path.Combine(_rig.Directory, "sample"), known);
            return true;
        });
        Samples++;
    }

    /// <summary>Notes what is safe: what was on the disk when an idle wait began that has ended.</summary>
    private async Task WatchAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            long[] known = _work.Known();
            Workload work = _work;
            int wipes = Wipes, cuts = _cuts;
            try
            {
                if (!await _rig.IsIdleWithinAsync(TimeSpan.FromSeconds(3), ended))
                {
                    if (await _rig.ApproveAsync()) Tell("  approved: more than a fifth has changed");
                    continue;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // A disk that was wiped meanwhile has a history of its own; what ended while the power was cut was not sure to be there (FileWorkload.CutPower).
            lock (_story)
            {
                if (wipes == Wipes && cuts == _cuts && work == _work && _safe.Zip(known).All(p => p.First <= p.Second)) _safe = known;
            }
            await Task.Delay(50, CancellationToken.None);
        }
    }

    private async Task StopAsync(RunningProgram program, TimeSpan time)
    {
        long before = _work.Steps;
        program.Signal("STOP");
        await Task.Delay(time);
        // The writer never waits for the mirror; a slow machine may be slow, so it has a while more.
        var waiting = Stopwatch.StartNew();
        while (_work.Steps <= before + 1)
        {
            Assert.False(_work.HasFailed, "The disk failed under the writer.");
            Assert.True(waiting.Elapsed < TimeSpan.FromSeconds(20), "The writer stands still while a process of the mirror does.");
            await Task.Delay(50);
        }
        program.Signal("CONT");
    }

    private static async Task ForAsync(TimeSpan time, Action begin, Action end)
    {
        begin();
        try
        {
            await Task.Delay(time);
        }
        finally
        {
            end();
        }
    }

    /// <summary>What of it is lost. The control loses all: a store as it was long ago, whole, but old.</summary>
    private double Lost(Random own) => ServerForgets ? 1 : own.Next(3) switch { 0 => 1, 1 => 0.5, _ => 0.1 };

    private void CheckProcesses()
    {
        foreach ((string name, RunningProgram program) in new[] { ("client", _rig.Client), ("server", _rig.Server) })
        {
            Assert.False(program.HasExited, $"The {name} has ended by itself: {program.Log}");
            Assert.True(program.ResidentBytes < MostMemory, $"The {name} takes {program.ResidentBytes} bytes of memory.");
        }
    }

    private void Tell(string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:0.0} {what}");
        lock (_story) _story.Add(line);
    }
}
