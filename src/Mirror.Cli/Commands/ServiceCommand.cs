using System.CommandLine;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting;
using Mirror.Hosting.Settings;

namespace Mirror.Cli.Commands;

/// <summary><c>diskmirror service</c>: clients and servers that systemd runs, at each boot.</summary>
internal static class ServiceCommand
{
    public static Command Build() => new("service", "Let systemd run a client or server, now and at each boot.")
    {
        new Command("register", "Write the configuration and the unit of a service.") { Register(MirrorRole.Client), Register(MirrorRole.Server) },
        new Command("unregister", "Stop a service, and take its configuration and unit away. Images and secrets stay.") { Unregister(MirrorRole.Client), Unregister(MirrorRole.Server) },
    };

    private static Command Register(MirrorRole role)
    {
        Option<string?> name = ServiceOptions.Text("--service", "NAME", role == MirrorRole.Client ? "The service's name; the volume when not given." : "The service's name; 'server' when not given.");
        Option<string?> program = ServiceOptions.Text("--program", "FILE", "The program that the service runs; /usr/bin/diskmirror when not given.");
        Option<string?> root = Root();
        Option<bool> start = new("--start") { Description = "Start it now, too." };
        Option<bool> replace = new("--replace") { Description = "Replace a configuration that is there." };
        Command command = new(Word(role), role == MirrorRole.Client ? "A client." : "A server.") { name, program, root, start, replace };
        Func<ParseResult, SettingSource> settings = role == MirrorRole.Client ? ClientCommand.AddSettings(command) : ServerCommand.AddSettings(command);
        command.SetAction(parsed =>
        {
            MirrorService made = ServiceRegistry.Register(new ServiceRequest
            {
                Role = role,
                Name = parsed.GetValue(name),
                Settings = settings(parsed),
                Program = parsed.GetValue(program),
                Root = parsed.GetValue(root) ?? "/",
                Replace = parsed.GetValue(replace),
                Start = parsed.GetValue(start),
            });
            Console.Out.WriteLine(PlainText.Clean($"{made.Unit}: {made.ConfigPath}, {made.UnitPath}"));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Unregister(MirrorRole role)
    {
        Argument<string> name = new("SERVICE") { Description = "The service's name." };
        if (role == MirrorRole.Server) name.DefaultValueFactory = _ => "server";
        Option<bool> keep = new("--keep-tracking") { Description = "Let the tap go on marking writes, so that the next start resumes without a scan." };
        Option<string?> root = Root();
        Command command = new(Word(role), role == MirrorRole.Client ? "A client." : "A server.") { name, root };
        if (role == MirrorRole.Client) command.Add(keep);
        command.SetAction(parsed =>
        {
            ServiceRegistry.Unregister(role, parsed.GetRequiredValue(name), role == MirrorRole.Client && parsed.GetValue(keep), parsed.GetValue(root) ?? "/");
            return ExitCodes.Success;
        });
        return command;
    }

    private static Option<string?> Root() => ServiceOptions.Text("--root", "DIR", "Write below this directory, where a host is being built; / when not given.");

    private static string Word(MirrorRole role) => role == MirrorRole.Client ? "client" : "server";
}
