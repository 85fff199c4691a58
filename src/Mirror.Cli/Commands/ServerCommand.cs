using System.CommandLine;
using Mirror.Cli.Services;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror server</c>: keeps the images of many volumes until it is stopped.</summary>
internal static class ServerCommand
{
    private static readonly Option<FileInfo?> Config = ServiceOptions.Config();
    private static readonly Option<string?> Store = ServiceOptions.Text("--store", "DIR", "The directory that holds the volumes; made when missing.");
    private static readonly Option<string?> Listen = ServiceOptions.Text("--listen", "ADDRESS:PORT", "Where to listen, for instance 0.0.0.0:7410, [::1]:7410, or *:7410 for every address.");
    private static readonly Option<string?> Port = ServiceOptions.Text("--port", "PORT", "The port, where --listen does not say it.");
    private static readonly Option<string?> Name = ServiceOptions.Text("--name", "NAME", "What to call this server on this host; the last part of --store when not given.");
    private static readonly Option<string?> SecretFile = ServiceOptions.SecretFile("The file with the master secret (diskmirror secret new).");
    private static readonly Option<string?> ScansAtOnce = ServiceOptions.Text("--scans", "NUMBER", "How many volumes may scan at the same time; 4 when not given.");
    private static readonly Option<string?> Memory = ServiceOptions.Text("--memory", "BYTES", "The most memory, of all volumes together, for what has arrived and is not written; a sixteenth of the machine's when not given, 64 MiB to 256 MiB.");
    private static readonly Option<string?> Snapshots = ServiceOptions.Text("--snapshots", "RULE", "Take and remove snapshots by this rule where a volume has none of its own, for instance hourly=24,daily=7,weekly=4,monthly=12. Needs XFS or Btrfs.");
    private static readonly Option<string?> FormerSecretFile = ServiceOptions.Text("--former-secret-file", "FILE", "The master secret of before, whose clients are still taken while they get new secrets.");
    private static readonly Option<string?> SpaceWarning = ServiceOptions.Text("--space-warning", "PERCENT", "Warn when less is free where images lie; 10 when not given, 0 for never.");
    private static readonly Option<string?> SpaceCritical = ServiceOptions.Text("--space-critical", "PERCENT", "Call it critical when less is free; 3 when not given, 0 for never.");
    private static readonly Option<string?> Archives = ServiceOptions.Text("--archives", "RULE", "Archive every volume that has no --archive-volume by this rule, like that of --snapshots, into --archive-directory. Levels can be added: daily=14,weekly=8,level0=weekly,level1=daily.");
    private static readonly Option<string?> ArchiveDirectory = ServiceOptions.Text("--archive-directory", "DIR", "Where archives go: DIR/VOLUME/TIME.dump.");
    private static readonly Option<string?> ArchiveCompress = ServiceOptions.Text("--archive-compress", "METHOD", "Compress archives: zlib, or zlib:1 to zlib:9.");
    private static readonly Option<string?> LogLevel = ServiceOptions.LogLevel();
    private static readonly Option<string?> LogFile = ServiceOptions.LogFile();

    private static readonly Option<string[]> Volumes = new("--volume")
    {
        HelpName = "NAME=IMAGE_OR_DEVICE",
        Description = "Keep this volume's image in another file, or on a block device. May be given again for other volumes.",
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> Force = new("--force")
    {
        HelpName = "NAME",
        Description = "What the file or device of this --volume holds may be overwritten at first contact.",
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> ArchiveVolumes = new("--archive-volume")
    {
        HelpName = "VOLUME=RULE",
        Description = "Archive this volume by a rule of its own; none for not at all. May be given again for other volumes.",
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> ArchiveRecipients = new("--archive-recipient")
    {
        HelpName = "AGE_RECIPIENT",
        Description = "Encrypt archives to this recipient (age1...), whose identity is kept elsewhere. May be given several times.",
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option[] Settable = [Store, Listen, Port, Name, SecretFile, Volumes, Force, ScansAtOnce, Memory, Snapshots, FormerSecretFile, SpaceWarning, SpaceCritical, Archives, ArchiveDirectory, ArchiveVolumes, ArchiveRecipients, ArchiveCompress, LogLevel, LogFile];

    public static Command Build()
    {
        Command command = new("server", "Keep images of disks, until stopped. A volume begins with the first client that has a secret for it.");
        Func<ParseResult, SettingSource> source = AddSettings(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            ServerSettings settings = ServerSettings.Read(source(parsed));
            await ServiceHost.RunAsync(await HostedServer.StartAsync(settings, Logging.Create(settings.Log)), cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Lets a command take a server's settings.</summary>
    /// <returns>Reads them.</returns>
    public static Func<ParseResult, SettingSource> AddSettings(Command command)
    {
        command.Add(Config);
        foreach (Option option in Settable) command.Add(option);
        return parsed => GivenOptions.Load(parsed, Config, Settable, ServerSettings.UsualFile, ServerSettings.Keys);
    }
}
