using System.CommandLine;
using Mirror.Cli.Services;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror client</c>: mirrors one disk until it is stopped.</summary>
internal static class ClientCommand
{
    private static readonly Option<FileInfo?> Config = ServiceOptions.Config();
    private static readonly Option<string?> Disk = ServiceOptions.Text("--disk", "PATH_OR_NUMBER", "The disk or partition: a path, or a number from 'diskmirror disks'. Prefer /dev/disk/by-id/...: it names the same disk after a reboot.");
    private static readonly Option<string?> Server = ServiceOptions.Text("--server", "HOST:PORT", "The server.");
    private static readonly Option<string?> Port = ServiceOptions.Text("--port", "PORT", "The server's port, where --server does not say it.");
    private static readonly Option<string?> Volume = ServiceOptions.Text("--volume", "NAME", "The volume's name at the server.");
    private static readonly Option<string?> SecretFile = ServiceOptions.SecretFile("The file with this volume's secret (diskmirror secret derive), or with the master.");
    private static readonly Option<string?> Tap = ServiceOptions.Text("--tap", "auto|ebpf|rescan-only", "How writes are seen; auto when not given.");
    private static readonly Option<string?> Limit = ServiceOptions.Text("--limit", "BYTES_PER_SECOND", "Send no more than this, for instance 10M.");
    private static readonly Option<string?> ReadLimit = ServiceOptions.Text("--read-limit", "BYTES_PER_SECOND", "Read no more than this from the disk.");
    private static readonly Option<string?> Granule = ServiceOptions.Text("--granule", "BYTES", "What one dirty bit stands for: a power of two from 4K on. Chosen by the disk's size when not given.");
    private static readonly Option<string?> MarkInterval = ServiceOptions.Text("--mark-interval", "SECONDS", "Time between marks; 1 when not given. What is not committed is at least this old.");
    private static readonly Option<string?> RescanInterval = ServiceOptions.Text("--rescan-interval", "SECONDS", "Time between scans of a disk whose writes cannot be seen; 3600 when not given.");
    private static readonly Option<string?> VerifyInterval = ServiceOptions.Text("--verify-interval", "SECONDS", "Compare disk and image by itself so often, for instance 604800 (a week); never when not given.");
    private static readonly Option<string?> VerifyLimit = ServiceOptions.Text("--verify-limit", "BYTES_PER_SECOND", "Read no more than this for it; 64M when not given.");
    private static readonly Option<string?> Ring = ServiceOptions.Text("--ring", "BYTES", "Kernel memory for writes that wait to be sent: a power of two; 64M when not given.");
    private static readonly Option<string?> RingRecords = ServiceOptions.Text("--ring-records", "NUMBER", "How many writes without data may wait; 65536 when not given.");
    private static readonly Option<string?> StateDirectory = ServiceOptions.Text("--state-dir", "DIR", "Where this client keeps its id; /var/lib/diskmirror when not given.");
    private static readonly Option<string?> LogLevel = ServiceOptions.LogLevel();
    private static readonly Option<string?> LogFile = ServiceOptions.LogFile();

    private static readonly Option[] Settable =
        [Disk, Server, Port, Volume, SecretFile, Tap, Limit, ReadLimit, Granule, MarkInterval, RescanInterval, VerifyInterval, VerifyLimit, Ring, RingRecords, StateDirectory, LogLevel, LogFile];

    public static Command Build()
    {
        Command command = new("client", "Mirror a disk to a server, until stopped. SIGTERM and Ctrl-C let the tap go on marking, so that the next start resumes.");
        Func<ParseResult, SettingSource> source = AddSettings(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            ClientSettings settings = ClientSettings.Read(source(parsed));
            await ServiceHost.RunAsync(HostedClient.Start(settings, Logging.Create(settings.Log)), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Lets a command take a client's settings.</summary>
    /// <returns>Reads them.</returns>
    public static Func<ParseResult, SettingSource> AddSettings(Command command)
    {
        command.Add(Config);
        foreach (Option option in Settable) command.Add(option);
        return parsed => GivenOptions.Load(parsed, Config, Settable, ClientSettings.UsualFile, ClientSettings.Keys);
    }
}
