using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;
using Mirror.Cli.Services;
using Mirror.Core.Security;
using Mirror.Core.Server;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror server</c>: keeps the images of many volumes until it is stopped.</summary>
internal static class ServerCommand
{
    private static readonly Option<FileInfo?> Config = ServiceOptions.Config();
    private static readonly Option<string?> Store = ServiceOptions.Text("--store", "DIR", "The directory that holds the volumes; made when missing.");
    private static readonly Option<string?> Listen = ServiceOptions.Text("--listen", "ADDRESS:PORT", "Where to listen, for instance 0.0.0.0:7410, [::1]:7410, or *:7410 for every address.");
    private static readonly Option<string?> SecretFile = ServiceOptions.SecretFile("The file with the master secret (diskmirror secret new).");
    private static readonly Option<string?> ScansAtOnce = ServiceOptions.Text("--scans", "NUMBER", "How many volumes may scan at the same time; 4 when not given.");
    private static readonly Option<string?> LogLevel = ServiceOptions.LogLevel();

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

    private static readonly Option[] Settable = [Store, Listen, SecretFile, Volumes, Force, ScansAtOnce, LogLevel];

    public static Command Build()
    {
        Command command = new("server", "Keep images of disks, until stopped. A volume begins with the first client that has a secret for it.") { Config };
        foreach (Option option in Settable) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            Settings settings = Settings.Load(parsed, Config, Settable);
            string store = Path.GetFullPath(settings.Required(Store));
            IPEndPoint listen = HostPort.ParseListen(settings.Required(Listen));
            LogLevel level = settings.Convert(LogLevel, Logging.Parse) ?? Microsoft.Extensions.Logging.LogLevel.Information;
            Secret master = Core.Security.SecretFile.Read(settings.Required(SecretFile));
            if (master.Kind != SecretKind.Master)
                throw new UsageException($"{settings.Required(SecretFile)} holds a {master}. A server needs the master secret: diskmirror secret new --out FILE");
            MirrorServerOptions options = new() { StoreDirectory = store, Listen = listen, Master = master, Volumes = Placements(settings) };
            if (settings.Number(ScansAtOnce, 1, 1000) is { } scans) options = options with { ScansAtOnce = (int)scans };
            using ILoggerFactory logs = Logging.Create(level);
            await ServerService.RunAsync(options, logs, cancellation);
            return ExitCodes.Success;
        });
        return command;
    }

    private static Dictionary<string, VolumePlacement> Placements(Settings settings)
    {
        Dictionary<string, VolumePlacement> placements = new(StringComparer.Ordinal);
        foreach ((string value, string place) in settings.All(Volumes))
        {
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == value.Length - 1) throw new UsageException($"{place}: '{value}' is not NAME=IMAGE_OR_DEVICE.");
            string name = value[..equals];
            if (!VolumeName.IsValid(name)) throw new UsageException($"{place}: '{name}' is not a volume name. {VolumeName.Rule}");
            if (!placements.TryAdd(name, new VolumePlacement(Path.GetFullPath(value[(equals + 1)..])))) throw new UsageException($"{place}: volume {name} has a place already.");
        }
        foreach ((string name, string place) in settings.All(Force))
        {
            if (!placements.TryGetValue(name, out VolumePlacement? placement)) throw new UsageException($"{place}: there is no --volume {name}=... to force.");
            placements[name] = placement with { Force = true };
        }
        return placements;
    }
}
