using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Core.Security;
using Mirror.Driver.Taps;

namespace Mirror.Cli.Demo;

/// <summary>
/// The main job on a real disk, for people to watch: a disk in use is mirrored to another process, and the copy is compared. Everything
/// it makes lies in one directory and goes away at its end, however it ends.
/// </summary>
internal sealed class DemoRun(Action<string> write)
{
    private const long DiskBytes = 1L << 30;
    private static readonly TimeSpan LiveLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LiveTime = TimeSpan.FromSeconds(10);

    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <summary>Runs the demo. True when disk and image were identical, the image's file system whole, and everything was cleaned up.</summary>
    public async Task<bool> RunAsync(string parent, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) throw new IOException("The demo makes a loop disk and mounts it: run it as root, on Linux.");
        // From the first signal on there is something to clean up, and a second one may come before that has begun.
        using SignalHold hold = SignalHold.Begin();
        CleanUp cleanUp = new(Say);
        bool proved = false;
        try
        {
            proved = await MirrorAsync(parent, cleanUp, cancellation);
        }
        finally
        {
            if (cancellation.IsCancellationRequested) Say("Interrupted; cleaning up.");
            await cleanUp.DisposeAsync();
            if (cleanUp.Complete) Say("Everything that the demo made is gone again.");
        }
        return proved && cleanUp.Complete;
    }

    [SupportedOSPlatform("linux")]
    private async Task<bool> MirrorAsync(string parent, CleanUp cleanUp, CancellationToken cancellation)
    {
        string name = "demo-" + Guid.NewGuid().ToString("N")[..6];
        string directory = Path.Combine(parent, "diskmirror-" + name), run = Path.Combine(directory, "run");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        cleanUp.Add(directory, () => Task.Run(() => Directory.Delete(directory, recursive: true)));

        DemoDisk disk = await DemoDisk.CreateAsync(directory, DiskBytes, cleanUp, cancellation);
        Say($"Made {disk.Device}, a disk of {ByteQuantity.Format(DiskBytes)} with ext4, mounted at {disk.MountPoint}.");

        CancellationTokenSource stopWriting = new();
        IDemoWriter[] writers = [new TreeWriter(disk.MountPoint), SqliteWriter.IsAvailable ? new SqliteWriter(disk.MountPoint) : new LedgerWriter(disk.MountPoint), new DirectWriter(disk.MountPoint)];
        Task writing = Task.WhenAll(writers.Select(w => w.RunAsync(stopWriting.Token)));
        cleanUp.Add("the writers", async () =>
        {
            await stopWriting.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        while (!writers.All(w => w.Begun) && !writing.IsCompleted) await Task.Delay(50, cancellation);
        Say("Files are copied, renamed and deleted on it, a database works, and direct writes hit random sectors, from now on.");

        string image = await StartMirrorAsync(directory, run, name, disk, cleanUp, cancellation);
        MirrorOperations operations = new(new ControlDirectory(run), new TapRemains(run));
        Task<WaitResult> live = operations.WaitAsync(name, new WaitGoal(), LiveLimit, null, cancellation);
        await ShowUntilAsync(operations, name, live, writers, writing, cancellation);
        if (!(await live).Reached) return Fail((await live).Reason!);
        Say("The mirror is Live. The writers go on.");
        await ShowUntilAsync(operations, name, Task.Delay(LiveTime, cancellation), writers, writing, cancellation);

        await stopWriting.CancelAsync();
        await writing;
        await disk.UnmountAsync();
        Say($"The writers have stopped ({string.Join(", ", writers.Select(w => w.Done))}); the disk is unmounted.");
        WaitResult idle = await operations.WaitAsync(name, new WaitGoal(Idle: true), LiveLimit, null, cancellation);
        if (!idle.Reached) return Fail(idle.Reason!);
        MirrorStatus last = idle.Status!;
        Say($"Nothing waits any more: mark {last.CommittedMark} is committed; scans {last.Scans}, holes {last.Holes} (found by the sums and read again), falls to Off {last.OffEpisodes}.");

        (string hash, long? differs) = await disk.CompareAsync(image, cancellation);
        if (differs is { } at) return Fail($"Disk and image differ at byte {at}.");
        Say($"Disk and image are identical, every byte: SHA-256 {hash}.");
        (int code, string output, string error) = await Tool.TryAsync(cancellation, "e2fsck", "-fn", image);
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) write("    " + line);
        if (code != 0) return Fail($"e2fsck -fn finds fault with the image (exit code {code}): {error.Trim()}");
        Say("e2fsck -fn finds the image's file system whole.");
        return true;
    }

    /// <summary>Starts server and client as two processes, and returns the image's path.</summary>
    private async Task<string> StartMirrorAsync(string directory, string run, string volume, DemoDisk disk, CleanUp cleanUp, CancellationToken cancellation)
    {
        string master = Path.Combine(directory, "master.secret"), own = Path.Combine(directory, "client.secret"), store = Path.Combine(directory, "store");
        Secret secret = Secret.NewMaster();
        SecretFile.Write(master, secret);
        SecretFile.Write(own, secret.ForClient(volume, MirrorRight.Mirror));
        string address = FreeAddress();
        ChildMirror server = ChildMirror.Start(run, Say, "server", "--store", store, "--listen", address, "--secret-file", master);
        cleanUp.Add($"server process {server.Id}", server.EndAsync);
        await UntilRunsAsync(() => Directory.Exists(run) && Directory.EnumerateFiles(run, "server-*.sock").Any(), server, cancellation);
        ChildMirror client = ChildMirror.Start(run, Say, "client", "--disk", disk.Device, "--server", address, "--volume", volume, "--secret-file", own,
            "--state-dir", Path.Combine(directory, "state"));
        cleanUp.Add($"client process {client.Id}", async () =>
        {
            await client.EndAsync();
            // It ends with its tap still marking; here nobody is to resume.
            new TapRemains(run).Remove(volume);
        });
        Say($"Started server (process {server.Id}, {address}) and client (process {client.Id}, volume {volume}).");
        await UntilRunsAsync(() => Directory.EnumerateFiles(run, "client-*.sock").Any(), client, cancellation);
        return Path.Combine(store, volume, "image");
    }

    /// <summary>Waits until a process has opened its control socket.</summary>
    private static async Task UntilRunsAsync(Func<bool> runs, ChildMirror child, CancellationToken cancellation)
    {
        while (!runs())
        {
            if (child.HasExited) throw new IOException($"Process {child.Id} has ended. Its last words:\n{child.LastLines}");
            await Task.Delay(50, cancellation);
        }
    }

    /// <summary>Shows each change of state and rate, and once a second how far it is.</summary>
    private async Task ShowUntilAsync(MirrorOperations operations, string volume, Task end, IDemoWriter[] writers, Task writing, CancellationToken cancellation)
    {
        (MirrorState, Core.Taps.TapRate)? shown = null;
        long next = 0;
        while (!end.IsCompleted)
        {
            if (writing.IsFaulted) await writing;
            MirrorStatus? status = (await operations.StatusAsync(volume, cancellation)).Volumes.FirstOrDefault(v => v.Role == MirrorRole.Client);
            if (status is not null && ((status.State, status.Rate) != shown || clock.ElapsedMilliseconds >= next))
            {
                shown = (status.State, status.Rate);
                next = clock.ElapsedMilliseconds + 1000;
                Say($"{StatusText.Line(status)}  [{string.Join(", ", writers.Select(w => w.Done))}]");
            }
            await Task.WhenAny(end, Task.Delay(50, cancellation));
        }
    }

    private static string FreeAddress()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }

    private bool Fail(string message)
    {
        Say("FAILED: " + message);
        return false;
    }

    private void Say(string line) => write(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,6:0.0} s  {PlainText.Clean(line)}"));
}
