using System.Globalization;
using System.Reflection;
using Mirror.Chaos.Host;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.EndToEnd.Tests.Processes;

namespace Mirror.EndToEnd.Tests.Chaos;

/// <summary>
/// The machines of a chaos run: a client with its disk, and a server in a network namespace of its own with its store on a small XFS. Both processes
/// are tests/Mirror.Chaos.Host. Nothing of them is left when the rig is gone.
/// </summary>
internal sealed class ChaosRig : IAsyncDisposable
{
    private const int Port = 7410;
    private static readonly string s_program = typeof(ChaosRig).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ChaosProgram").Value!;

    private readonly LoopDisk _storeDisk;
    private readonly string _storeMount;
    private readonly string _chaos;
    private int _copies;

    public ChaosRig(string directory, long diskBytes)
    {
        Directory = directory;
        _chaos = Path.Combine(directory, "chaos");
        System.IO.Directory.CreateDirectory(_chaos);
        _storeDisk = new LoopDisk(directory, 1536L << 20, name: "store.img");
        Disk = new LoopDisk(directory, diskBytes);
        Network = new NetworkNamespace();
        Shell.Run("mkfs.xfs", "-q", "-f", _storeDisk.Path);
        _storeMount = _storeDisk.Mount(Path.Combine(directory, "store"));
        Operations = new MirrorOperations(new ControlDirectory(Path.Combine(directory, "run-client")));
        ServerOperations = new MirrorOperations(new ControlDirectory(Path.Combine(directory, "run-server")));
    }

    public string Directory { get; }

    public LoopDisk Disk { get; }

    public NetworkNamespace Network { get; }

    public string Volume { get; } = $"chaos-{Guid.NewGuid():N}"[..21];

    public MirrorOperations Operations { get; }

    public MirrorOperations ServerOperations { get; }

    public RunningProgram Client { get; private set; } = null!;

    public RunningProgram Server { get; private set; } = null!;

    /// <summary>Whether the control is on: storage whose flush keeps nothing.</summary>
    public bool ServerForgets
    {
        init
        {
            if (value) File.WriteAllText(Path.Combine(_chaos, "no-flush"), "");
        }
    }

    private string Master => Path.Combine(Directory, "master");

    public async Task StartAsync()
    {
        (await DiskmirrorProgram.RunAsync(Path.Combine(Directory, "run-client"), "secret", "new", "--out", Master)).Expect(0);
        LaunchServer();
        LaunchClient();
    }

    public void LaunchServer()
    {
        Server?.Dispose();
        Server = Launch("server", Network.Prefix, Path.Combine(_storeMount, "volumes"), $"{Network.Address}:{Port}", Master);
    }

    public void LaunchClient()
    {
        Client?.Dispose();
        Client = Launch("client", [], Disk.Path, Network.Address, $"{Port}", Volume, Master, Path.Combine(Directory, "state"));
    }

    /// <summary>The server's host loses power: the process ends, and each sector that was not flushed is lost with this probability.</summary>
    /// <returns>Sectors lost.</returns>
    public int CutServer(Random random, double lost)
    {
        Server.Kill();
        return UndoLog.Rewind(Path.Combine(_chaos, "undo"), random, lost);
    }

    /// <summary>The client's host loses power: nothing of the kernel's memory is left, the tap neither.</summary>
    public void CutClient()
    {
        Client.Kill();
        RemovePins();
    }

    /// <summary>The server's storage fails every now and then.</summary>
    public void FailStorage(bool fails) => Switch("eio", fails);

    /// <summary>Sets a clock wrong, by seconds.</summary>
    public void SetClock(string role, double wrong) => File.WriteAllText(Path.Combine(_chaos, $"clock-{role}"), wrong.ToString(CultureInfo.InvariantCulture));

    /// <summary>Fills the store's file system but for a little.</summary>
    public void FillStore(bool full)
    {
        string ballast = Path.Combine(_storeMount, "ballast");
        if (!full)
        {
            File.Delete(ballast);
            return;
        }
        long free = new DriveInfo(_storeMount).AvailableFreeSpace - (1 << 20);
        if (free > 0) Shell.TryRun("fallocate", "-l", $"{free}", ballast);
    }

    /// <summary>Some packets vanish, in both directions.</summary>
    public void Lose(bool some)
    {
        foreach (string chain in (string[])["INPUT", "OUTPUT"])
        {
            Shell.Run("ip", "netns", "exec", Network.Name, "iptables", "-w", some ? "-I" : "-D", chain, "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability", "0.05", "-j", "DROP");
        }
    }

    /// <summary>Waits until everything that was written before is safe, and the image was the disk at an instant since.</summary>
    public async Task<bool> IsIdleWithinAsync(TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            return (await Operations.WaitAsync(Volume, new WaitGoal(MirrorState.Live, Idle: true), limit, null, cancellation)).Reached;
        }
        catch (Exception e) when (e is MirrorControlException or IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// What an administrator does when a boot finds that more than a fifth of the image would change: says that it is the right disk. By design
    /// nothing else needs one.
    /// </summary>
    /// <returns>Whether that was so.</returns>
    public async Task<bool> ApproveAsync()
    {
        try
        {
            MirrorStatus? status = (await Operations.StatusAsync(Volume, CancellationToken.None)).Volumes.FirstOrDefault();
            if (status?.Needs is null) return false;
            Assert.True(status.Needs == "adopt --replace" && status.LastError?.Contains("the scan would change", StringComparison.Ordinal) == true, $"The mirror waits for an administrator: {status}");
            await Operations.AdoptAsync(Volume, replace: true, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is MirrorControlException or IOException)
        {
            return false;
        }
    }

    /// <summary>A copy of the server's last consistent state that may be written, on a loop device. To be used at once.</summary>
    public async Task<T> WithImageAsync<T>(Func<string, T> use)
    {
        string name = $"sample{_copies++}", copy = Path.Combine(_storeMount, name);
        SnapshotInfo taken = await ServerOperations.NewSnapshotAsync(Volume, name, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        try
        {
            Shell.Run("cp", "--reflink=always", taken.Path, copy);
            string device = "";
            try
            {
                device = Shell.Run("losetup", "-f", "--show", copy).Trim();
                return use(device);
            }
            finally
            {
                if (device.Length > 0) Shell.TryRun("losetup", "-d", device);
                File.Delete(copy);
            }
        }
        finally
        {
            await ServerOperations.RemoveSnapshotAsync(Volume, name, CancellationToken.None);
        }
    }

    /// <summary>Restores the disk over the network, with the program itself.</summary>
    public async Task RestoreAsync() =>
        (await DiskmirrorProgram.RunAsync(Path.Combine(Directory, "run-client"), "restore", Volume, "--server", $"{Network.Address}:{Port}", "--secret-file", Master, "--to", Disk.Path, "--yes")).Expect(0);

    /// <summary>What both ends have logged last, and say now.</summary>
    public async Task<string> DescribeAsync()
    {
        string text = "";
        foreach (string role in (string[])["client", "server"])
        {
            string log = Path.Combine(_chaos, $"{role}.log");
            if (File.Exists(log)) text += $"\n-- {role}.log\n{string.Join('\n', File.ReadLines(log).TakeLast(40))}";
            MirrorStatus? status = (await (role == "client" ? Operations : ServerOperations).StatusAsync(Volume, CancellationToken.None)).Volumes.FirstOrDefault();
            text += $"\n-- {role}: {status}\n{(role == "client" ? Client : Server)?.Log}";
        }
        return text;
    }

    public ValueTask DisposeAsync()
    {
        Client?.Dispose();
        Server?.Dispose();
        RemovePins();
        Network.Dispose();
        Disk.Dispose();
        _storeDisk.Dispose();
        return ValueTask.CompletedTask;
    }

    private void RemovePins()
    {
        string pins = Path.Combine("/sys/fs/bpf/diskmirror", Volume);
        if (System.IO.Directory.Exists(pins)) System.IO.Directory.Delete(pins, recursive: true);
    }

    private void Switch(string name, bool on)
    {
        string file = Path.Combine(_chaos, name);
        if (on) File.WriteAllText(file, "");
        else File.Delete(file);
    }

    private RunningProgram Launch(string role, IReadOnlyList<string> prefix, params string[] arguments)
    {
        string[] all = [.. prefix, s_program, role, _chaos, .. arguments];
        var start = new System.Diagnostics.ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DISKMIRROR_RUN"] = Path.Combine(Directory, $"run-{role}");
        return new RunningProgram(start);
    }
}
