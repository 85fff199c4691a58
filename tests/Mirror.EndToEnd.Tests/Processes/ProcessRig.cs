using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Mirror.Core.Control;
using Mirror.Core.Operations;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>
/// A server and a client of one volume as separate processes, with store, secrets and control directory of their own. Whatever a test
/// did to them, nothing of them is left when the rig is gone: neither processes nor pins.
/// </summary>
internal sealed class ProcessRig : IAsyncDisposable
{
    private readonly string _directory;
    private readonly MirrorOperations _operations;
    private readonly List<string> _otherVolumes = [];

    /// <summary>Makes the secrets; starts nothing.</summary>
    /// <param name="disk">The disk to be mirrored.</param>
    /// <param name="directory">Where everything goes.</param>
    public ProcessRig(string disk, string directory)
    {
        Disk = disk;
        _directory = directory;
        ServerRunDirectory = RunDirectory;
        _operations = new MirrorOperations(new ControlDirectory(RunDirectory));
        SecretFile = Path.Combine(directory, "secret");
        Listen = FreeEndPoint();
        ServerAddress = Listen;
    }

    public string Disk { get; set; }

    public string Volume { get; set; } = $"proc-{Guid.NewGuid():N}"[..21];

    public string RunDirectory => Path.Combine(_directory, "run");

    /// <summary>The server's control directory; another one where a status is not to wait for a server that stands still.</summary>
    public string ServerRunDirectory { get; set; }

    public string Store { get; set; } = "";

    public string StateDirectory => Path.Combine(_directory, "state");

    public string MasterFile => Path.Combine(_directory, "master");

    public string SecretFile { get; set; }

    public string Image => Path.Combine(Store, Volume, "image");

    /// <summary>Where the server listens.</summary>
    public string Listen { get; set; }

    /// <summary>Where the client is sent; the server itself unless something stands in between.</summary>
    public string ServerAddress { get; set; }

    /// <summary>What starts the server: nothing, or what puts it into a network namespace.</summary>
    public IReadOnlyList<string> ServerPrefix { get; set; } = [];

    public RunningProgram? Server { get; private set; }

    public RunningProgram? Client { get; private set; }

    /// <summary>Where nobody listens at present.</summary>
    public static string FreeEndPoint()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return free.LocalEndpoint.ToString()!;
    }

    /// <summary>Runs a command of this rig's control directory.</summary>
    public Task<CommandResult> CommandAsync(params string[] arguments) => DiskmirrorProgram.RunAsync(RunDirectory, arguments);

    /// <summary>Makes master and client secret with the program itself.</summary>
    public async Task MakeSecretsAsync()
    {
        if (Store.Length == 0) Store = Path.Combine(_directory, "store");
        (await CommandAsync("secret", "new", "--out", MasterFile)).Expect(0);
        (await CommandAsync("secret", "derive", "--secret-file", MasterFile, "--volume", Volume, "--right", "mirror", "--out", SecretFile)).Expect(0);
    }

    /// <summary>Starts the server; returns when it listens.</summary>
    public async Task StartServerAsync(params string[] more)
    {
        LaunchServer(more);
        await Waiting.UntilAsync(() => Server!.Log.Contains("Listening on", StringComparison.Ordinal) || Server.HasExited, () => $"the server listens: {Server!.Log}", TimeSpan.FromSeconds(30));
        Assert.False(Server!.HasExited, $"The server ended: {Server.Log}");
    }

    /// <summary>Starts the server and does not wait for it.</summary>
    public void LaunchServer(params string[] more)
    {
        Server?.Dispose();
        Server = new RunningProgram(DiskmirrorProgram.StartInfo(ServerRunDirectory, ServerPrefix, ["server", "--store", Store, "--listen", Listen, .. more.Contains("--secret-file") ? more : ["--secret-file", MasterFile, .. more]]));
    }

    /// <summary>Starts the client and does not wait for it.</summary>
    public void LaunchClient(params string[] more)
    {
        Client?.Dispose();
        Client = new RunningProgram(DiskmirrorProgram.StartInfo(RunDirectory, [],
            ["client", "--disk", Disk, "--server", ServerAddress, "--volume", Volume, "--secret-file", SecretFile, "--state-dir", StateDirectory, .. more]));
    }

    /// <summary>Secrets, server, client, and Live with nothing waiting.</summary>
    public async Task StartAsync(params string[] moreForClient)
    {
        await MakeSecretsAsync();
        await StartServerAsync();
        LaunchClient(moreForClient);
        await WaitIdleAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>The client's status, or null while it does not answer.</summary>
    public Task<MirrorStatus?> ClientStatusAsync() => AnyStatusAsync(MirrorRole.Client, Volume);

    /// <summary>The server's status of the volume, or null while it does not answer.</summary>
    public Task<MirrorStatus?> ServerStatusAsync() => AnyStatusAsync(MirrorRole.Server, Volume);

    /// <summary>What one end of a volume says.</summary>
    public async Task<MirrorStatus?> AnyStatusAsync(MirrorRole role, string volume) =>
        (await _operations.StatusAsync(volume, CancellationToken.None)).Volumes.FirstOrDefault(v => v.Role == role);

    /// <summary>The status as the command prints it.</summary>
    /// <param name="role">Which end's.</param>
    /// <param name="code">The exit code that is expected: 1 when some process does not answer.</param>
    public async Task<JsonElement> PrintedStatusAsync(string role, int code = 0)
    {
        CommandResult result = (await CommandAsync("status", Volume, "--json")).Expect(code);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.EnumerateArray().Single(v => v.GetProperty("role").GetString() == role).Clone();
    }

    /// <summary>Waits until the client is in a condition.</summary>
    public async Task<MirrorStatus> WaitForAsync(Func<MirrorStatus, bool> condition, string what, TimeSpan? limit = null)
    {
        MirrorStatus? last = null;
        await Waiting.UntilAsync(async () => (last = await ClientStatusAsync()) is { } status && condition(status),
            () => $"{what}; last seen: {last}\nclient: {Client?.Log}\nserver: {Server?.Log}", limit ?? TimeSpan.FromMinutes(1));
        return last!;
    }

    /// <summary>Waits with the command until everything written is safe.</summary>
    public async Task WaitIdleAsync(TimeSpan limit)
    {
        // The command itself waits only 10 s for a client that is not there; on a machine that does much else one takes longer to start.
        await WaitForAsync(_ => true, "to be seen");
        CommandResult result = await CommandAsync("wait", Volume, "--idle", "--timeout", limit.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        Assert.True(result.Code == 0, $"Not idle: {result.Error}\n{await ClientStatusAsync()}\nclient: {Client?.Log}\nserver: {Server?.Log}");
    }

    /// <summary>The same without the command, where its own start would take too much of the time.</summary>
    public async Task IdleAsync()
    {
        WaitResult result = await _operations.WaitAsync(Volume, new WaitGoal(MirrorState.Live, Idle: true), TimeSpan.FromMinutes(1), null, CancellationToken.None);
        Assert.True(result.Reached, $"{result.Reason}\n{result.Status}\nclient: {Client?.Log}\nserver: {Server?.Log}");
    }

    /// <summary>The id that changes whenever a scan begins; what the server's volume record says of it.</summary>
    public string Incarnation()
    {
        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Path.Combine(Store, Volume, "volume.json")));
        return record.RootElement.GetProperty("incarnation").GetString()!;
    }

    /// <summary>Image and disk, byte for byte.</summary>
    public void AssertIdentical() => Comparison.AssertIdentical(Disk, Image);

    /// <summary>Names another volume whose pins are to go, too.</summary>
    public void AlsoOwn(string volume) => _otherVolumes.Add(volume);

    public ValueTask DisposeAsync()
    {
        Client?.Dispose();
        Server?.Dispose();
        foreach (string volume in _otherVolumes.Prepend(Volume))
        {
            string pins = Path.Combine("/sys/fs/bpf/diskmirror", volume);
            if (Directory.Exists(pins)) Directory.Delete(pins, recursive: true);
        }
        return ValueTask.CompletedTask;
    }
}
