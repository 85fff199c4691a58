using System.CommandLine;
using Microsoft.Extensions.Logging;
using Mirror.Cli.Services;
using Mirror.Driver.Taps;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror client</c>: mirrors one disk until it is stopped.</summary>
internal static class ClientCommand
{
    private static readonly Option<FileInfo?> Config = ServiceOptions.Config();
    private static readonly Option<string?> Disk = ServiceOptions.Text("--disk", "PATH_OR_NUMBER", "The disk or partition: a path, or a number from 'diskmirror disks'. Prefer /dev/disk/by-id/...: it names the same disk after a reboot.");
    private static readonly Option<string?> Server = ServiceOptions.Text("--server", "HOST:PORT", "The server.");
    private static readonly Option<string?> Volume = ServiceOptions.Text("--volume", "NAME", "The volume's name at the server.");
    private static readonly Option<string?> SecretFile = ServiceOptions.SecretFile("The file with this volume's secret (diskmirror secret derive), or with the master.");
    private static readonly Option<string?> Tap = ServiceOptions.Text("--tap", "auto|ebpf|rescan-only", "How writes are seen; auto when not given.");
    private static readonly Option<string?> Limit = ServiceOptions.Text("--limit", "BYTES_PER_SECOND", "Send no more than this, for instance 10M.");
    private static readonly Option<string?> ReadLimit = ServiceOptions.Text("--read-limit", "BYTES_PER_SECOND", "Read no more than this from the disk.");
    private static readonly Option<string?> Granule = ServiceOptions.Text("--granule", "BYTES", "What one dirty bit stands for: a power of two from 4K on. Chosen by the disk's size when not given.");
    private static readonly Option<string?> MarkInterval = ServiceOptions.Text("--mark-interval", "SECONDS", "Time between marks; 1 when not given. What is not committed is at least this old.");
    private static readonly Option<string?> RescanInterval = ServiceOptions.Text("--rescan-interval", "SECONDS", "Time between scans of a disk whose writes cannot be seen; 3600 when not given.");
    private static readonly Option<string?> Ring = ServiceOptions.Text("--ring", "BYTES", "Kernel memory for writes that wait to be sent: a power of two; 64M when not given.");
    private static readonly Option<string?> RingRecords = ServiceOptions.Text("--ring-records", "NUMBER", "How many writes without data may wait; 65536 when not given.");
    private static readonly Option<string?> StateDirectory = ServiceOptions.Text("--state-dir", "DIR", "Where this client keeps its id; /var/lib/diskmirror when not given.");
    private static readonly Option<string?> LogLevel = ServiceOptions.LogLevel();

    private static readonly Option[] Settable =
        [Disk, Server, Volume, SecretFile, Tap, Limit, ReadLimit, Granule, MarkInterval, RescanInterval, Ring, RingRecords, StateDirectory, LogLevel];

    public static Command Build()
    {
        Command command = new("client", "Mirror a disk to a server, until stopped. SIGTERM and Ctrl-C let the tap go on marking, so that the next start resumes.") { Config };
        foreach (Option option in Settable) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            Settings settings = Settings.Load(parsed, Config, Settable);
            string server = settings.Required(Server);
            (string host, int port) = HostPort.Parse(server);
            LogLevel level = settings.Convert(LogLevel, Logging.Parse) ?? Microsoft.Extensions.Logging.LogLevel.Information;
            ClientSettings client = new()
            {
                Disk = settings.Required(Disk),
                Host = host,
                Port = port,
                Volume = settings.Required(Volume),
                SecretFile = settings.Required(SecretFile),
                Tap = settings.Convert(Tap, ParseTap) ?? TapChoice.Auto,
                SendLimit = settings.Bytes(Limit, 4096, long.MaxValue) ?? 0,
                ReadLimit = settings.Bytes(ReadLimit, 4096, long.MaxValue) ?? 0,
                GranuleBytes = (int)(settings.Bytes(Granule, 4096, 1 << 20) ?? 0),
                MarkInterval = TimeSpan.FromSeconds(settings.Number(MarkInterval, 0.01, 60) ?? 1),
                RescanInterval = TimeSpan.FromSeconds(settings.Number(RescanInterval, 1, 1e8) ?? 3600),
                RingBytes = settings.Bytes(Ring, 1 << 20, 1L << 30),
                RingRecords = (long?)settings.Number(RingRecords, 64, 1 << 24),
                StateDirectory = settings.Text(StateDirectory) ?? StateFiles.DefaultDirectory,
            };
            PowerOfTwo(Granule, client.GranuleBytes);
            PowerOfTwo(Ring, client.RingBytes ?? 0);
            using ILoggerFactory logs = Logging.Create(level);
            await ClientService.RunAsync(client, logs, cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    private static TapChoice ParseTap(string text) => text switch
    {
        "auto" => TapChoice.Auto,
        "ebpf" => TapChoice.Ebpf,
        "rescan-only" => TapChoice.RescanOnly,
        _ => throw new FormatException($"'{text}' is no tap. Taps are auto, ebpf and rescan-only."),
    };

    private static void PowerOfTwo(Option option, long bytes)
    {
        if ((bytes & (bytes - 1)) != 0) throw new UsageException($"{option.Name}: {bytes} is no power of two.");
    }
}
